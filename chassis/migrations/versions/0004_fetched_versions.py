"""What another service publishes in versions, and this one fetches and keeps."""

from alembic import op

revision = "0004"
down_revision = "0003"

# A version may be published again with a later date: that is how one goes back to it.
TABLE = """
create table fetched_versions (
    id bigint generated always as identity primary key,
    kind text not null,
    version text not null,
    sha256 text not null,
    valid_from timestamptz not null,
    content bytea,
    unique (kind, version, valid_from)
)
"""


def upgrade() -> None:
    """Create the table; it has a handful of rows."""
    op.execute(TABLE)
