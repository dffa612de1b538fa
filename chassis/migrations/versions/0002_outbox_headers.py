"""Headers of a message in the outbox: a replayed message carries how it first came."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column; it is empty for almost every row, which then takes no room."""
    op.execute("alter table outbox add column headers jsonb")
