"""Assisting units (协办) are found by an index of their own."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index whom each assignment names as assisting."""
    op.execute("""
        create index assignments_assisted on assignments
        using gin ((body -> 'assisting_units') jsonb_path_ops)""")


def downgrade() -> None:
    """Drop it."""
    op.execute("drop index assignments_assisted")
