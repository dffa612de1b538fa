"""Case files are found by the unit grid cell (单元网格) and by the community (社区、村) that they lie in."""

from alembic import op

revision = "0007"
down_revision = "0006"

# Rows of an older edition are made anew by the facts process (console/remaking.py), which fills the columns.
TABLES = """
alter table live_rows
    add column cell text,
    add column community text;
create index live_rows_by_cell on live_rows (cell, place) where cell is not null;
create index live_rows_by_community on live_rows (community, place) where community is not null;
"""


def upgrade() -> None:
    """Add the columns."""
    op.execute(TABLES)
