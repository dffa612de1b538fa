"""The outbox is never asked for a message by its id: that index cost two entries a message for nobody."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Drop the index."""
    op.execute("drop index outbox_by_message")
