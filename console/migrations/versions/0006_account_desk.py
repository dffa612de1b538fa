"""One-time passwords, and the journal of what was done with accounts and sessions."""

from alembic import op

revision = "0006"
down_revision = "0005"

TABLES = """
alter table accounts add column one_time_until timestamptz;
create table account_journal (
    id bigint generated always as identity primary key,
    person_id text not null references accounts,
    action text not null,
    by_person text not null,
    at timestamptz not null,
    changes jsonb not null default '[]'
);
create index account_journal_of_person on account_journal (person_id, id);
create index sessions_open on sessions (began_at) where ended_at is null;
"""


def upgrade() -> None:
    """Create the journal."""
    op.execute(TABLES)
