"""Urgency, calls and place as columns; several answers a report; duty, rosters and hand-overs."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

UPGRADE = """
alter table reports add column called text, add column place smallint not null default 2,
    add column subcategory text, add column lon double precision, add column lat double precision;
update reports set place = case body ->> 'urgency' when 'major' then 0 when 'urgent' then 1 else 2 end,
    subcategory = body ->> 'subcategory',
    lon = (body -> 'position' ->> 'lon')::double precision,
    lat = (body -> 'position' ->> 'lat')::double precision;
drop index reports_by_state;
create index reports_by_state on reports (state, place, key);
create index reports_owned on reports (place, key) where owner is not null;
create index reports_open_by_place on reports (subcategory, lat, lon) where owner is not null;

alter table cases add column called text, add column place smallint not null default 2;
update cases set place = case body ->> 'urgency' when 'major' then 0 when 'urgent' then 1 else 2 end;
drop index cases_by_state;
create index cases_by_state on cases (state, place, key);
create index cases_owned on cases (place, key) where owner is not null;

alter table answers add column report_number text;
update answers set report_number = key;
alter table answers alter column report_number set not null;
create index answers_by_report on answers (report_number);

alter table collectors add column on_duty_since timestamptz;
create index tasks_open_by_due on tasks (due_at) where state = 'open';

create table collector_positions (
    person_id text primary key,
    lon double precision not null,
    lat double precision not null,
    at timestamptz not null
);

create table shifts (
    shift_id text primary key,
    post text not null,
    person_id text not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null
);
create index shifts_by_end on shifts (ends_at);

create table hand_overs (
    id bigint generated always as identity primary key,
    post text not null,
    handed_over_by text not null,
    taken_over_by text not null,
    open_items integer not null,
    words text not null,
    handed_over_at timestamptz not null
);
create index hand_overs_by_time on hand_overs (handed_over_at);
"""

DOWNGRADE = """
drop table hand_overs;
drop table shifts;
drop table collector_positions;
drop index tasks_open_by_due;
alter table collectors drop column on_duty_since;
alter table answers drop column report_number;
drop index cases_owned;
drop index cases_by_state;
create index cases_by_state on cases (state, key);
alter table cases drop column called, drop column place;
drop index reports_open_by_place;
drop index reports_owned;
drop index reports_by_state;
create index reports_by_state on reports (state, key);
alter table reports drop column called, drop column place, drop column subcategory, drop column lon,
    drop column lat;
"""


def upgrade() -> None:
    """Add what the rules in full need."""
    op.execute(UPGRADE)


def downgrade() -> None:
    """Take it away again; second answers of a report stay under their own keys."""
    op.execute(DOWNGRADE)
