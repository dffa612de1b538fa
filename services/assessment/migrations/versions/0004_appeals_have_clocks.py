"""Appeals (申诉) have a clock, and a list by post; those that wait already are given theirs."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, and wake every appeal that is not decided."""
    op.execute("alter table appeals add column called text")
    op.execute("""
        insert into wake_ups (kind, subject, due_at, fire_at, payload)
        select 'decide_appeal', key, now(), now(), '{}' from appeals where state in ('made', 'reviewed')
        on conflict (kind, subject) do nothing""")


def downgrade() -> None:
    """Drop it."""
    op.execute("delete from wake_ups where kind = 'decide_appeal'")
    op.execute("alter table appeals drop column called")
