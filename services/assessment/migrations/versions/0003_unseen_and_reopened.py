"""The ledger's columns for what was sent back unseen, and for work on a reopened case."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, and fill them for the facts that are there."""
    op.execute("alter table ledger add column unseen boolean, add column reopened boolean")
    op.execute("""
        update ledger set unseen = data ->> 'collector' = ''
        from fact_fields
        where fact_fields.message_id = ledger.message_id and type = 'verification_failed'""")
    op.execute("""
        update ledger set reopened = cast(data ->> 'reopened' as boolean)
        from fact_fields
        where fact_fields.message_id = ledger.message_id and type = 'rework_ordered'
        and jsonb_typeof(data -> 'reopened') = 'boolean'""")


def downgrade() -> None:
    """Drop what was added."""
    op.execute("alter table ledger drop column unseen, drop column reopened")
