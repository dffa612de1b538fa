"""Undecided requests (申请待审) have a clock: those that wait already are given theirs."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Wake every assignment with an undecided request; what it was to be woken for is set anew then."""
    op.execute("""
        insert into wake_ups (kind, subject, due_at, fire_at, payload)
        select 'watch', key, now(), now(), '{}' from assignments
        where extension_asked is not null or suspension_asked
        on conflict (kind, subject) do update
        set due_at = least(wake_ups.due_at, excluded.due_at),
            fire_at = least(wake_ups.fire_at, excluded.fire_at)
        """)


def downgrade() -> None:
    """What was woken for has been looked at."""
