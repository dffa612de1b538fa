"""What was told of outages (故障) is kept: it gives back the time of clocks that nobody is told of singly."""

from alembic import op

revision = "0008"
down_revision = "0007"

TABLES = """
create index told_facts_outages on told_facts (time) where type = 'outage_logged';
"""


def upgrade() -> None:
    """Add the index."""
    op.execute(TABLES)
