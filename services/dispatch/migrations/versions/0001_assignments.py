"""Assignments (任务) and their flow records, which nobody may change."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create dispatch's tables."""
    op.execute("""
        create table assignments (
            key text primary key,
            body jsonb not null,
            state text not null,
            responsible_unit text,
            owner text,
            act_by_at timestamptz,
            dispatched_at timestamptz,
            check (owner is not null or state in ('done', 'withdrawn'))
        ) with (fillfactor = 80)""")
    op.execute("create index assignments_by_state on assignments (state, key)")
    op.execute("create index assignments_by_unit on assignments (responsible_unit, state, key)")
    op.execute("""
        create table flow_records (
            id bigint generated always as identity primary key,
            subject text not null,
            at timestamptz not null,
            actor text not null,
            action text not null,
            from_state text not null,
            to_state text not null,
            round integer not null,
            dispatch_number integer not null,
            reason text not null default '',
            fact_type text not null default ''
        )""")
    op.execute("create index flow_records_of_subject on flow_records (subject, id)")
    op.execute("""
        create function flow_records_stay() returns trigger language plpgsql as $$
        begin
            raise exception 'flow records are never changed';
        end $$""")
    op.execute("""
        create trigger flow_records_stay before update or delete on flow_records
        for each row execute function flow_records_stay()""")


def downgrade() -> None:
    """Drop dispatch's tables."""
    op.execute("drop table flow_records")
    op.execute("drop function flow_records_stay")
    op.execute("drop table assignments")
