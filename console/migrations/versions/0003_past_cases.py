"""Dispatches by time, for trying a draft of duties against the cases dispatched last."""

from alembic import op

revision = "0003"
down_revision = "0002"

INDEX = """
create index told_facts_dispatches on told_facts (time desc, sequence desc) where type = 'case_dispatched'
"""


def upgrade() -> None:
    """Create the index."""
    op.execute(INDEX)
