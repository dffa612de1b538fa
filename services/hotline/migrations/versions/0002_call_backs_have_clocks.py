"""Call-backs (回访) have a clock, and a list by post; those that wait already are given theirs."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, and wake every call whose caller waits."""
    op.execute("alter table calls add column called text")
    op.execute("create index calls_called on calls (called, due_since, key) where called is not null")
    op.execute("""
        insert into wake_ups (kind, subject, due_at, fire_at, payload)
        select 'ring', key, now(), now(), '{}' from calls where state = 'call_back_due'
        on conflict (kind, subject) do nothing""")


def downgrade() -> None:
    """Drop it."""
    op.execute("delete from wake_ups where kind = 'ring'")
    op.execute("drop index calls_called")
    op.execute("alter table calls drop column called")
