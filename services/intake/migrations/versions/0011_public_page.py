"""How often something was done from outside; who looked at whom, by person."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

UPGRADE = """
create table public_counts (
    what text not null,
    since timestamptz not null,
    times integer not null,
    counted_at timestamptz not null,
    primary key (what, since)
);
create index public_counts_by_time on public_counts (counted_at);
create index reveals_by_person on reveals (person_id, id);
"""


def upgrade() -> None:
    """Create the table and the index."""
    op.execute(UPGRADE)


def downgrade() -> None:
    """Drop them."""
    op.execute("drop index reveals_by_person")
    op.execute("drop table public_counts")
