"""Columns of the longer work lists; supervision orders (督办), decided duties (确权规则), outages (补时)."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Widen the assignments, and create the tables beside them."""
    op.execute("""
        alter table assignments
            add column rank smallint not null default 2,
            add column escalated_to text,
            add column extension_asked smallint,
            add column suspension_asked boolean not null default false,
            add column difficult boolean not null default false,
            add column suspended_until_at timestamptz""")
    op.execute("""
        update assignments
        set rank = case body ->> 'urgency' when 'major' then 0 when 'urgent' then 1 else 2 end
        where body ->> 'urgency' <> 'ordinary'""")
    op.execute("drop index assignments_by_state")
    op.execute("drop index assignments_by_unit")
    op.execute("create index assignments_by_state on assignments (state, rank, key)")
    op.execute("create index assignments_by_unit on assignments (responsible_unit, state, rank, key)")
    op.execute("""
        create index assignments_escalated on assignments (escalated_to, rank, key)
        where escalated_to is not null""")
    op.execute("create index assignments_difficult on assignments (rank, key) where difficult")
    op.execute("""
        create index assignments_suspended on assignments (rank, key) where suspended_until_at is not null""")
    op.execute("""
        create table supervision_orders (
            key text primary key,
            body jsonb not null,
            case_number text not null,
            responsible_unit text not null,
            state text not null,
            reply_by_at timestamptz not null
        )""")
    op.execute("create index supervision_orders_of_case on supervision_orders (case_number, key)")
    op.execute("create index supervision_orders_of_unit on supervision_orders (responsible_unit, state, key)")
    op.execute("create index supervision_orders_by_state on supervision_orders (state, key)")
    op.execute("""
        create table decided_duties (
            key text primary key,
            body jsonb not null,
            holds boolean not null
        )""")
    op.execute("create table outages (key text primary key, body jsonb not null)")


def downgrade() -> None:
    """Drop what was added."""
    op.execute("drop table outages")
    op.execute("drop table decided_duties")
    op.execute("drop table supervision_orders")
    for name in ("state", "unit"):
        op.execute(f"drop index assignments_by_{name}")
    op.execute("drop index assignments_escalated")
    op.execute("drop index assignments_difficult")
    op.execute("drop index assignments_suspended")
    op.execute("""
        alter table assignments
            drop column rank, drop column escalated_to, drop column extension_asked,
            drop column suspension_asked, drop column difficult, drop column suspended_until_at""")
    op.execute("create index assignments_by_state on assignments (state, key)")
    op.execute("create index assignments_by_unit on assignments (responsible_unit, state, key)")
