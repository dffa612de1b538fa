"""Appeals (申诉), and the ledger's columns for the figures of supervision, escalation and self-handling."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, fill the one that older facts have, and create the table of appeals."""
    op.execute("""
        alter table ledger
            add column wrong_dispatch boolean,
            add column valid boolean,
            add column called text,
            add column order_number text,
            add column reply_by_at timestamptz""")
    op.execute("""
        update ledger set wrong_dispatch = cast(data ->> 'wrong_dispatch' as boolean)
        from fact_fields
        where fact_fields.message_id = ledger.message_id and type = 'return_accepted'
        and jsonb_typeof(data -> 'wrong_dispatch') = 'boolean'""")
    op.execute("""
        create table appeals (
            key text collate "C" primary key,
            body jsonb not null,
            state text not null,
            responsible_unit text not null,
            appealed_at timestamptz not null
        )""")
    op.execute("create index appeals_by_time on appeals (appealed_at, key)")
    op.execute("create index appeals_of_unit on appeals (responsible_unit, appealed_at)")


def downgrade() -> None:
    """Drop what was added."""
    op.execute("drop table appeals")
    op.execute("""
        alter table ledger drop column wrong_dispatch, drop column valid, drop column called,
            drop column order_number, drop column reply_by_at""")
