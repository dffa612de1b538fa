"""Calls (来电), their callers sealed apart, who looked at them, and the flow records."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create hotline's tables."""
    op.execute("""
        create table calls (
            key text primary key,
            body jsonb not null,
            report_number text not null unique,
            reporter_ref text not null unique,
            state text not null,
            due_since timestamptz
        )""")
    op.execute("create index calls_due on calls (due_since, key) where state = 'call_back_due'")
    op.execute("create index calls_called_back on calls (due_since, key) where due_since is not null")
    op.execute("""
        create table callers (
            reporter_ref text primary key,
            call_id text not null,
            sealed bytea not null,
            number_mark text
        )""")
    op.execute("create index callers_by_number on callers (number_mark)")
    op.execute("""
        create table reveals (
            id bigint generated always as identity primary key,
            call_id text not null,
            at timestamptz not null,
            person_id text not null,
            reason text not null
        )""")
    op.execute("create index reveals_of_call on reveals (call_id)")
    op.execute("create table report_serials (day date primary key, last integer not null)")
    op.execute("""
        create table flow_records (
            id bigint generated always as identity primary key,
            subject text not null,
            at timestamptz not null,
            actor text not null,
            action text not null,
            from_state text not null,
            to_state text not null,
            round integer not null default 1,
            reason text not null default '',
            fact_type text not null default ''
        )""")
    op.execute("create index flow_records_of_subject on flow_records (subject, id)")


def downgrade() -> None:
    """Drop hotline's tables."""
    for table in ("flow_records", "report_serials", "reveals", "callers", "calls"):
        op.execute(f"drop table {table}")
