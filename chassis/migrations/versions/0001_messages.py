"""Outbox, inbox, waiting facts, wake-ups and idempotency: what every service's database holds."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
create table outbox (
    position bigint generated always as identity primary key,
    message_id text not null,
    exchange text not null,
    routing_key text not null,
    ordering_key text not null,
    source text not null,
    type text not null,
    subject text not null,
    at timestamptz not null,
    traceparent text not null default '',
    content_type text not null,
    body bytea not null,
    created_at timestamptz not null default now(),
    published_at timestamptz,
    attempts integer not null default 0,
    last_error text
);
create index outbox_unpublished on outbox (position) include (ordering_key, created_at)
    where published_at is null;
create index outbox_by_message on outbox (message_id);

create table subject_sequences (
    source text not null,
    subject text not null,
    last bigint not null,
    primary key (source, subject)
) with (fillfactor = 80);

create table inbox (
    consumer text not null,
    message_id text not null,
    received_at timestamptz not null default now(),
    primary key (consumer, message_id)
);
create index inbox_by_age on inbox using brin (received_at);

create table waiting_facts (
    id bigint generated always as identity primary key,
    key text not null,
    queue text not null,
    message_id text not null,
    time timestamptz not null,
    sequence bigint not null,
    envelope bytea not null,
    since timestamptz not null default now()
);
create index waiting_facts_by_key on waiting_facts (key);

create table wake_ups (
    kind text not null,
    subject text not null,
    due_at timestamptz not null,
    fire_at timestamptz not null,
    payload jsonb not null,
    attempts integer not null default 0,
    last_error text,
    primary key (kind, subject)
);
create index wake_ups_by_moment on wake_ups (fire_at, due_at);

create table idempotency (
    scope text not null,
    key text not null,
    request_hash text not null,
    status integer not null,
    answer jsonb not null,
    created_at timestamptz not null default now(),
    primary key (scope, key)
);
create index idempotency_by_age on idempotency using brin (created_at);
"""


def upgrade() -> None:
    """Create the tables."""
    op.execute(TABLES)
