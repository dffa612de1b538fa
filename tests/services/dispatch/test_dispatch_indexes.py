"""Work lists of few among many are read from the index of those few."""

from contextlib import closing

import psycopg2
import pytest

from services.dispatch.ports import WorkListFilter

pytestmark = pytest.mark.infra


def test_what_a_unit_assists_with_is_found_by_the_index_of_what_anybody_assists_with(
    dispatch, dispatch_database, monkeypatch
):
    asked = []
    with dispatch.database.transaction() as tx:
        read = tx.statements.read
        monkeypatch.setattr(tx.statements, "read", lambda *given: (asked.append(given), read(*given))[1])
        assert tx.bound.assignments.page(WorkListFilter(assisted_by="u07"), limit=10) == []
    ((statement, parameters),) = asked

    with closing(psycopg2.connect(dispatch_database)) as connection, connection.cursor() as cursor:
        # An empty table is read as a whole, or in the order that is asked for, unless neither is possible.
        cursor.execute("begin; set local enable_seqscan = off; set local enable_indexscan = off")
        cursor.execute(f"explain {statement}", parameters)
        plan = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("rollback")

    assert "assignments_assisted" in plan
