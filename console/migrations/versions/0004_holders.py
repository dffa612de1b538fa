"""Who has a row in hand, and everybody who had: whom its changes are told."""

from alembic import op

revision = "0004"
down_revision = "0003"

COLUMNS = """
alter table live_rows add column holders text[] not null default '{}',
                      add column concerned text[] not null default '{}';
"""


def upgrade() -> None:
    """Add the columns."""
    op.execute(COLUMNS)
