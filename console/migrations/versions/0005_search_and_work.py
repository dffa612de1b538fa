"""What case files are found and counted by: columns beside the row, and its words with an index of grams."""

from alembic import op

revision = "0005"
down_revision = "0004"

# Rows of an older edition are made anew by the facts process (console/remaking.py), which fills the columns.
# The body goes out of the way, so that a look at ten thousand rows reads few pages.
TABLES = """
alter table live_rows
    drop column search,
    add column edition integer not null default 0,
    add column place bigint not null default 0,
    add column responsible_unit text,
    add column grid text,
    add column category text,
    add column subcategory text,
    add column source text,
    add column urgency text,
    add column handling_due_at timestamptz,
    add column matters text[] not null default '{}';
alter table live_rows set (toast_tuple_target = 256);
drop index live_rows_by_state;
create index live_rows_by_edition on live_rows (edition);
create index live_rows_by_place on live_rows (place);
create index live_rows_by_state on live_rows (state, place);
create index live_rows_by_unit on live_rows (responsible_unit, place) where responsible_unit is not null;
create index live_rows_by_grid on live_rows (grid, place);
create index live_rows_by_category on live_rows (category, place);
create index live_rows_by_subcategory on live_rows (subcategory, place);
create index live_rows_by_source on live_rows (source, place);
create index live_rows_by_urgency on live_rows (urgency, place) where urgency <> 'ordinary';
create index live_rows_by_due on live_rows (handling_due_at) where handling_due_at is not null;
create index live_rows_with_matters on live_rows (key) where matters <> '{}';

create table live_words (
    key text primary key,
    words text not null,
    grams integer[] not null
);
create index live_words_by_gram on live_words using gin (grams);
"""


def upgrade() -> None:
    """Add the columns and the words."""
    op.execute(TABLES)
