"""The ledger (台账) of all facts, with the columns that figures are made from."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the ledger; figures read its columns only, so the facts' fields are kept apart."""
    op.execute("""
        create table ledger (
            message_id text primary key,
            source text not null,
            type text not null,
            subject text not null,
            sequence bigint not null,
            time timestamptz not null,
            case_number text collate "C",
            report_number text collate "C",
            responsible_unit text,
            round integer,
            dispatch_number integer,
            due_at timestamptz,
            in_time boolean,
            origin text,
            kind text,
            satisfaction text
        )""")
    op.execute("""
        create table fact_fields (
            message_id text primary key references ledger,
            data jsonb not null
        )""")
    op.execute("create index ledger_by_time on ledger (time)")
    op.execute("create index ledger_by_type on ledger (type, time) include (case_number, report_number)")
    op.execute("create index ledger_by_case on ledger (case_number, type) where case_number is not null")
    op.execute(
        "create index ledger_by_report on ledger (report_number, type) where report_number is not null"
    )


def downgrade() -> None:
    """Drop the ledger."""
    op.execute("drop table fact_fields")
    op.execute("drop table ledger")
