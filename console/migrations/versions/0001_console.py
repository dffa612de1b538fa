"""Told facts, live rows, accounts, sessions, parked messages: what the console keeps."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
create table told_facts (
    message_id text primary key,
    source text not null,
    type text not null,
    subject text not null,
    sequence bigint not null,
    time timestamptz not null,
    report_number text,
    case_number text,
    linked_case text,
    data jsonb not null
);
create index told_facts_by_report on told_facts (report_number) where report_number is not null;
create index told_facts_by_case on told_facts (case_number) where case_number is not null;
create index told_facts_by_linked_case on told_facts (linked_case) where linked_case is not null;
create index told_facts_by_subject on told_facts (subject, sequence);

create sequence live_changes;
create table live_rows (
    key text primary key,
    change bigint not null unique,
    report_number text,
    case_number text,
    state text not null,
    search text not null,
    body jsonb not null
);
create index live_rows_by_state on live_rows (state, change);
create table state_counts (state text primary key, count bigint not null);

create table accounts (
    person_id text primary key,
    login text not null unique,
    name text not null,
    password_hash text not null,
    roles text[] not null,
    responsible_unit text,
    responsibility_grid text,
    channel text,
    opened_at timestamptz not null,
    opened_by text not null,
    closed_at timestamptz,
    closed_by text
);
create table failed_logins (
    login text primary key,
    failures integer not null,
    last_failed_at timestamptz not null
);
create table sessions (
    session_id text primary key,
    person_id text not null references accounts,
    began_at timestamptz not null,
    ended_at timestamptz,
    ended_because text
);
create index sessions_of_person on sessions (person_id) where ended_at is null;
create table refresh_tokens (
    token_hash bytea primary key,
    session_id text not null references sessions on delete cascade,
    issued_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz
);
create index refresh_tokens_of_session on refresh_tokens (session_id);

create table parked_messages (
    id text primary key,
    queue text not null,
    exchange text not null,
    routing_key text not null,
    message_id text not null,
    content_type text not null,
    error_type text not null,
    error text not null,
    traceback text not null,
    frame text not null,
    fingerprint text not null,
    headers jsonb not null,
    body bytea not null,
    parked_at timestamptz not null,
    status text not null default 'open'
);
create index parked_messages_by_status on parked_messages (status, parked_at);
create index parked_messages_by_fingerprint on parked_messages (fingerprint);
create table parked_actions (
    id bigint generated always as identity primary key,
    parked_id text not null references parked_messages,
    action text not null,
    person_id text not null,
    reason text not null default '',
    at timestamptz not null
);
create index parked_actions_of_message on parked_actions (parked_id);
"""


def upgrade() -> None:
    """Create the tables."""
    op.execute(TABLES)
