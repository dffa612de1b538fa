"""Versions of the handbook, and from when on each holds."""

from alembic import op

revision = "0002"
down_revision = "0001"

# A version may be published more than once: so one goes back to it.
TABLES = """
create table handbook_versions (
    version text primary key,
    sha256 text not null,
    archive bytea not null
);
create table handbook_publications (
    id bigint generated always as identity primary key,
    version text not null references handbook_versions,
    valid_from timestamptz not null,
    published_at timestamptz not null,
    published_by text not null
);
"""


def upgrade() -> None:
    """Create the tables."""
    op.execute(TABLES)
