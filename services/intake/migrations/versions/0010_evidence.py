"""Photos as evidence: where each was handed in, and what it tells of itself."""

from alembic import op

revision = "0010"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = """
create table photo_uses (
    id bigint generated always as identity primary key,
    sha256 text not null,
    occasion text not null,
    report_number text not null,
    case_number text,
    round integer not null default 0,
    task_id text,
    used_at timestamptz not null,
    attempts integer not null default 0,
    try_at timestamptz,
    examined_at timestamptz,
    since timestamptz,
    others bigint[] not null default '{}'
) with (fillfactor = 80);
create index photo_uses_to_examine on photo_uses (id) where examined_at is null;
create index photo_uses_by_report on photo_uses (report_number, id);
create index photo_uses_by_photo on photo_uses (sha256, id);

create table photo_traces (
    sha256 text primary key,
    shape bytea,
    alike text[] not null default '{}',
    taken_at timestamptz,
    lon double precision,
    lat double precision,
    unreadable text not null default ''
);
"""

# What was handed in before is examined like the rest, in its order.
EARLIER = """
insert into photo_uses (sha256, occasion, report_number, used_at)
select photo, 'report', r.key, r.received_at
from reports r, jsonb_array_elements_text(r.body -> 'photos') as photo order by r.received_at;
insert into photo_uses (sha256, occasion, report_number, case_number, round, task_id, used_at)
select photo, t.body ->> 'kind', t.report_number, t.body ->> 'case_number',
       (t.body ->> 'round')::integer, t.key, (t.body ->> 'ended_at')::timestamptz
from tasks t, jsonb_array_elements_text(t.body -> 'photos') as photo
where t.state = 'answered' order by t.body ->> 'ended_at';
insert into photo_uses (sha256, occasion, report_number, case_number, round, used_at)
select photo, 'feedback', c.report_number, c.key, (c.body ->> 'round')::integer, now()
from cases c, jsonb_array_elements_text(c.body -> 'feedback_photos') as photo;
"""


def upgrade() -> None:
    """Create the tables and note what was handed in before."""
    op.execute(TABLES)
    op.execute(EARLIER)


def downgrade() -> None:
    """Drop the tables."""
    op.execute("drop table photo_traces")
    op.execute("drop table photo_uses")
