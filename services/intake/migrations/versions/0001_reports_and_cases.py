"""Reports, cases, answers, tasks, collectors, attachments, reporters (sealed), numbers and flow records."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
create table reports (
    key text primary key,
    body jsonb not null,
    state text not null,
    source text not null,
    reporter text not null,
    received_at timestamptz not null,
    owner text,
    due_at timestamptz
) with (fillfactor = 80);
create index reports_by_state on reports (state, key);
create index reports_by_reporter on reports (reporter, key) where reporter <> '';

create table cases (
    key text primary key,
    body jsonb not null,
    state text not null,
    report_number text not null unique,
    subcategory text not null,
    lon double precision not null,
    lat double precision not null,
    owner text,
    due_at timestamptz,
    ended_at timestamptz
) with (fillfactor = 80);
create index cases_by_state on cases (state, key);
create index cases_by_place on cases (subcategory, lat, lon);

create table answers (
    key text primary key,
    body jsonb not null,
    channel text not null,
    state text not null,
    due_since timestamptz not null
);
create index answers_by_state on answers (state, channel, key);

create table tasks (
    key text primary key,
    body jsonb not null,
    report_number text not null,
    collector text not null,
    state text not null,
    asked_at timestamptz not null,
    due_at timestamptz not null
);
create index tasks_by_report on tasks (report_number, asked_at);
create index tasks_open_by_collector on tasks (collector, due_at) where state = 'open';

create table collectors (
    person_id text primary key,
    responsibility_grid text,
    active boolean not null,
    last_asked_at timestamptz
);

create table attachments (
    sha256 text primary key,
    media_type text not null,
    size bigint not null,
    uploaded_by text not null,
    uploaded_at timestamptz not null,
    case_number text
);

create table reporters (
    reporter_ref text primary key,
    sealed bytea not null
);

create table reveals (
    id bigint generated always as identity primary key,
    report_number text not null,
    at timestamptz not null,
    person_id text not null,
    reason text not null
);

create table numbers (
    kind text not null,
    day date not null,
    last integer not null,
    primary key (kind, day)
) with (fillfactor = 50);

create table flow_records (
    id bigint generated always as identity primary key,
    subject text not null,
    at timestamptz not null,
    actor text not null,
    action text not null,
    from_state text not null,
    to_state text not null,
    round integer not null default 0,
    reason text not null default '',
    fact_type text not null default ''
);
create index flow_records_by_subject on flow_records (subject, id);
"""

NAMES = (
    "flow_records",
    "numbers",
    "reveals",
    "reporters",
    "attachments",
    "collectors",
    "tasks",
    "answers",
    "cases",
    "reports",
)


def upgrade() -> None:
    """Create intake's tables."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop intake's tables."""
    for name in NAMES:
        op.execute(f"drop table {name}")
