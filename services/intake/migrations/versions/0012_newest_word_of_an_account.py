"""Until when the facts about a collector's account are known."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of those already there nothing is known, so the next fact counts."""
    op.execute("alter table collectors add column told_at timestamptz")


def downgrade() -> None:
    """Drop it."""
    op.execute("alter table collectors drop column told_at")
