"""Aggregates are kept as documents and found by their columns."""

import contextlib
import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

import psycopg2
import pytest
from message_kit import opened

from chassis.documents import Documents, NotFound

pytestmark = pytest.mark.infra


class State(StrEnum):
    GREEN = "green"
    RIPE = "ripe"


@dataclass(kw_only=True)
class Tree:
    number: str
    state: State = State.GREEN
    planted_at: datetime = datetime(2020, 1, 1, tzinfo=UTC)
    apples: tuple[str, ...] = ()
    notes: dict[str, int] = field(default_factory=dict)


def trees(tx) -> Documents[Tree]:
    return Documents(
        tx,
        "trees",
        Tree,
        key=lambda tree: tree.number,
        columns=lambda tree: {"state": tree.state, "planted_at": tree.planted_at},
    )


@pytest.fixture
def orchard(database):
    orchard = opened(database)
    with orchard.transaction() as tx:
        tx.execute(
            "create table trees"
            " (key text primary key, body jsonb not null, state text, planted_at timestamptz)"
        )
    yield orchard
    orchard.close()


def test_what_was_kept_comes_back_the_same(orchard):
    tree = Tree(number="1", state=State.RIPE, apples=("甲", "乙"), notes={"三": 3})

    with orchard.transaction() as tx:
        trees(tx).add(tree)
    with orchard.transaction() as tx:
        assert trees(tx).get("1") == tree
        assert trees(tx).peek("1") == tree
        assert trees(tx).find("2") is None
        with pytest.raises(NotFound):
            trees(tx).get("2")


def test_a_change_is_kept_with_its_columns(orchard):
    with orchard.transaction() as tx:
        trees(tx).add(Tree(number="1"))
        trees(tx).save(replace(trees(tx).get("1"), state=State.RIPE))

    with orchard.transaction() as tx:
        assert [tree.number for tree in trees(tx).list(state=State.RIPE)] == ["1"]
        assert trees(tx).count(state=State.GREEN) == 0


def test_the_same_key_cannot_be_added_twice(orchard):
    with orchard.transaction() as tx:
        trees(tx).add(Tree(number="1"))

    with pytest.raises(psycopg2.errors.UniqueViolation):
        orchard.run(lambda tx: [trees(tx).add(Tree(number=number, state=State.RIPE)) for number in "21"])

    with orchard.transaction() as tx:
        assert [(tree.number, tree.state) for tree in trees(tx).list()] == [("1", State.GREEN)]


def test_an_unknown_key_cannot_be_saved(orchard):
    with orchard.transaction() as tx, pytest.raises(NotFound):
        trees(tx).save(Tree(number="2"))


def test_a_list_is_filtered_ordered_and_paged(orchard):
    with orchard.transaction() as tx:
        for year in range(2001, 2008):
            state = State.RIPE if year % 2 else State.GREEN
            trees(tx).add(Tree(number=f"t{year}", state=state, planted_at=datetime(year, 1, 1, tzinfo=UTC)))

    with orchard.transaction() as tx:
        found = trees(tx)
        newest = found.list(order_by="planted_at", descending=True, limit=3)
        older = found.list(order_by="planted_at", descending=True, limit=3, after=newest[-1].number)
        early = found.list(found.column("planted_at") < datetime(2003, 1, 1, tzinfo=UTC), state=["ripe"])
        either = ["ripe", "green", "ripe"]
        of_both = found.list(state=either, order_by="planted_at", descending=True, limit=3)
        after = of_both[-1].number
        older_of_both = found.list(state=either, order_by="planted_at", descending=True, limit=3, after=after)
    assert [tree.number for tree in newest] == ["t2007", "t2006", "t2005"]
    assert [tree.number for tree in older] == ["t2004", "t2003", "t2002"]
    assert [tree.number for tree in early] == ["t2001"]
    assert [tree.number for tree in of_both] == ["t2007", "t2006", "t2005"]
    assert [tree.number for tree in older_of_both] == ["t2004", "t2003", "t2002"]


def test_who_gets_an_aggregate_holds_it_to_the_end(orchard):
    with orchard.transaction() as tx:
        trees(tx).add(Tree(number="1"))

    def grow():
        with orchard.transaction() as tx:
            tree = trees(tx).get("1")
            trees(tx).save(replace(tree, apples=(*tree.apples, "x")))

    growers = [threading.Thread(target=grow) for _ in range(8)]
    for grower in growers:
        grower.start()
    for grower in growers:
        grower.join()

    with orchard.transaction() as tx:
        assert len(trees(tx).get("1").apples) == 8


def test_what_is_held_is_not_asked_for_again_and_shows_what_was_kept_last(orchard, monkeypatch):
    with orchard.transaction() as tx:
        trees(tx).add(Tree(number="1"))
        trees(tx).add(Tree(number="2"))

    with orchard.transaction() as tx:
        kept = trees(tx)
        first = kept.get("1")
        (second,) = kept.list(key="2", lock=True)
        first.apples = ("unsaved",)
        kept.save(replace(second, state=State.RIPE))
        asked = []
        monkeypatch.setattr(tx.statements, "execute", lambda *given: asked.append(given))
        monkeypatch.setattr(tx.statements, "read", lambda *given: asked.append(given))

        assert kept.peek("1") == kept.get("1") == Tree(number="1")
        assert kept.peek("2").state is kept.get("2").state is State.RIPE
        assert not asked
        monkeypatch.undo()


def test_what_is_only_looked_at_is_asked_for_each_time(orchard):
    with orchard.transaction() as tx:
        trees(tx).add(Tree(number="1"))

    with orchard.transaction() as tx:
        kept = trees(tx)
        assert kept.peek("1").state is State.GREEN
        with orchard.transaction() as other:
            trees(other).save(Tree(number="1", state=State.RIPE))
        assert kept.peek("1").state is State.RIPE


def test_what_an_undone_part_kept_or_held_is_asked_for_again(orchard):
    with orchard.transaction() as tx:
        trees(tx).add(Tree(number="1"))
        trees(tx).add(Tree(number="2"))

    with orchard.transaction() as tx:
        kept = trees(tx)
        with contextlib.suppress(ZeroDivisionError), tx.attempt():
            kept.save(replace(kept.get("1"), state=State.RIPE))
            kept.get("2")
            kept.add(Tree(number="3"))
            raise ZeroDivisionError

        assert kept.get("1").state is State.GREEN
        assert kept.find("3") is None
        with orchard.transaction() as other:  # nobody holds it any more
            trees(other).save(Tree(number="2", state=State.RIPE))
        assert kept.get("2").state is State.RIPE
