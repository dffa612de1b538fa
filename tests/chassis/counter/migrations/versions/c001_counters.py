"""Counters and what has been heard of other counters."""

from alembic import op

revision = "c001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    op.execute("create table counters (name text primary key, value bigint not null)")
    op.execute("create table heard (name text, value bigint, at timestamptz)")
    op.execute("create table rung (name text, at timestamptz)")
