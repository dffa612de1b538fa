"""Only assignments that somebody assists (协办) are in their index: each step of all others wrote into it."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index whom each assignment names as assisting, where it names anybody."""
    op.execute("drop index assignments_assisted")
    op.execute("""
        create index assignments_assisted on assignments
        using gin ((body -> 'assisting_units') jsonb_path_ops) where body -> 'assisting_units' <> '[]'""")


def downgrade() -> None:
    """Index all again."""
    op.execute("drop index assignments_assisted")
    op.execute("""
        create index assignments_assisted on assignments
        using gin ((body -> 'assisting_units') jsonb_path_ops)""")
