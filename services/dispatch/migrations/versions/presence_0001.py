"""Presence (在线) of the units' systems; a branch of its own, since it depends on no other table's shape."""

from alembic import op

revision = "presence_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.execute("""
        create table unit_presence (
            responsible_unit text primary key,
            read_at timestamptz,
            spoke_at timestamptz,
            check (read_at is not null or spoke_at is not null)
        )""")


def downgrade() -> None:
    """Drop it."""
    op.execute("drop table unit_presence")
