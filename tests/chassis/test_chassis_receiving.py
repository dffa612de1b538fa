"""Between delivery and acknowledgement: one effect, early facts wait, failures are told apart."""

import threading

import pytest
from message_kit import (
    CODEC,
    CONTENT_TYPE,
    NOON,
    AppleFell,
    Envelope,
    decode,
    effects,
    encode,
    opened,
    scalar,
)

from chassis.outbox import new_id
from chassis.reading import Delivery, Permanent, Reader, Wait
from chassis.receiving import Outcome, Receiver

pytestmark = pytest.mark.infra


def delivery(body: bytes, content_type: str = CONTENT_TYPE, **named) -> Delivery:
    return Delivery(
        queue="basket", body=body, content_type=content_type, exchange="", routing_key="basket", **named
    )


def fact(apple: int = 0, *, id: str | None = None, time=NOON, **named) -> Delivery:
    data = {"tree": "1", "apple": apple}
    return delivery(encode(Envelope(id=id or new_id(), data=data, time=time, **named)))


def note(tx, what: str) -> None:
    tx.execute("insert into effects values (:what)", {"what": what})


class Basket:
    """A reader whose behaviour a test chooses, and its database."""

    def __init__(self, url: str, take=lambda tx, fact, at: note(tx, f"apple {fact.apple}"), **named) -> None:
        self.reader = Reader("basket", codec=CODEC, **named)
        self.reader.on(AppleFell)(lambda tx, fact, *, at: take(tx, fact, at))
        self.database = opened(url, readers=[self.reader])
        self.receiver = Receiver(self.database, self.reader)

    def receive(self, one: Delivery) -> Outcome:
        return self.receiver.receive(one).outcome


def test_the_same_message_twice_has_one_effect(database):
    basket = Basket(database)

    outcomes = [basket.receive(fact(1, id="same")) for _ in range(2)]

    assert outcomes == [Outcome.OK, Outcome.DUPLICATE]
    assert effects(basket.database) == ["apple 1"]


def test_the_same_message_at_the_same_time_has_one_effect(database):
    basket = Basket(database)
    outcomes = []
    workers = [
        threading.Thread(target=lambda: outcomes.append(basket.receive(fact(1, id="same")))) for _ in range(6)
    ]

    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(outcomes) == [Outcome.DUPLICATE] * 5 + [Outcome.OK]
    assert effects(basket.database) == ["apple 1"]


@pytest.mark.parametrize(
    "unreadable",
    [delivery(b"{"), delivery(b"\xff\xfe"), delivery(encode(Envelope(id="1")), content_type="text/plain")],
)
def test_what_cannot_be_read_is_parked_at_once(database, unreadable):
    basket = Basket(database)

    assert basket.receive(unreadable) is Outcome.PARKED


def test_a_known_fact_with_malformed_data_is_parked_at_once(database):
    basket = Basket(database)

    verdict = basket.receiver.receive(delivery(encode(Envelope(id="1", data={"colour": "red"}))))

    assert verdict.outcome is Outcome.PARKED
    assert "malformed" in str(verdict.error)


def test_a_failure_leaves_nothing_and_is_to_be_retried(database):
    def fail(tx, fact, at):
        note(tx, "half")
        tx.announce(AppleFell(), at=at)
        raise RuntimeError("rotten")

    basket = Basket(database, fail)

    verdict = basket.receiver.receive(fact(1, id="m"))

    assert (verdict.outcome, str(verdict.error)) == (Outcome.RETRY, "rotten")
    assert effects(basket.database) == []
    assert scalar(basket.database, "select (select count(*) from outbox) + (select count(*) from inbox)") == 0


def test_a_fact_nobody_reads_is_ignored_and_otherwise_takes_all(database):
    basket = Basket(database)
    pear = delivery(encode(Envelope(id="p", type="pear_fell")))

    assert basket.receive(pear) is Outcome.IGNORED
    basket.reader.otherwise(lambda tx, envelope, *, at: note(tx, envelope.type))
    assert basket.receive(pear) is Outcome.OK
    assert effects(basket.database) == ["pear_fell"]


def test_who_is_not_admitted_is_parked(database):
    def admit(one: Delivery, envelope: Envelope) -> None:
        if one.user_id != "gardener":
            raise Permanent("a stranger")

    basket = Basket(database, admit=admit)
    stranger = fact(1)

    assert basket.receive(stranger) is Outcome.PARKED
    known = delivery(stranger.body, user_id="gardener")
    assert basket.receive(known) is Outcome.OK


def wait_for_basket(tx, fact, at):
    if not tx.execute("select 1 from effects where what = 'basket'").first():
        raise Wait("basket/1")
    note(tx, f"apple {fact.apple}")


def test_an_early_fact_waits_and_takes_effect_in_the_releasing_transaction(database):
    basket = Basket(database, wait_for_basket)

    later, earlier = fact(2, time=NOON.replace(hour=14)), fact(1, time=NOON.replace(hour=13))
    assert [basket.receive(one) for one in (later, earlier)] == [Outcome.WAITING] * 2
    assert basket.receive(later) is Outcome.DUPLICATE

    def put_down(tx):
        note(tx, "basket")
        tx.released("basket/1")

    def put_down_and_fail(tx):
        put_down(tx)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        basket.database.run(put_down_and_fail)
    assert effects(basket.database) == []
    basket.database.run(put_down)

    assert effects(basket.database) == ["basket", "apple 1", "apple 2"]
    assert scalar(basket.database, "select count(*) from waiting_facts") == 0


def test_a_fact_that_waits_for_one_thing_may_go_on_to_wait_for_another(database):
    def wait_for_both(tx, fact, at):
        there = set(tx.execute("select what from effects").scalars())
        for thing in ("basket", "ladder"):
            if thing not in there:
                raise Wait(thing)
        note(tx, "apple")

    basket = Basket(database, wait_for_both)
    assert basket.receive(fact()) is Outcome.WAITING

    for thing in ("basket", "ladder"):
        with basket.database.transaction() as tx:
            note(tx, thing)
            tx.released(thing)

    assert effects(basket.database) == ["basket", "ladder", "apple"]


def test_a_waiting_fact_that_fails_does_not_fail_who_releases_it(database):
    def fail_later(tx, fact, at):
        wait_for_basket(tx, fact, at)
        tx.execute("select * from no_such_table")

    basket = Basket(database, fail_later)
    assert basket.receive(fact(1, id="bad")) is Outcome.WAITING

    with basket.database.transaction() as tx:
        note(tx, "basket")
        tx.released("basket/1")

    assert effects(basket.database) == ["basket"]
    with basket.database.transaction() as tx:
        row = tx.execute("select exchange, routing_key, message_id from outbox").one()
    assert tuple(row) == ("", "basket", "bad")
    assert scalar(basket.database, "select count(*) from inbox") == 0


@pytest.mark.parametrize("round_", range(10))
def test_a_release_and_an_early_fact_at_the_same_moment_miss_nothing(database, round_):
    basket = Basket(database, wait_for_basket)
    start = threading.Barrier(6, timeout=20)

    def receive(apple):
        start.wait()
        basket.receive(fact(apple))

    def release():
        start.wait()

        def put_down(tx):
            note(tx, "basket")
            tx.released("basket/1")

        basket.database.run(put_down)

    workers = [threading.Thread(target=receive, args=(apple,)) for apple in range(5)]
    workers.append(threading.Thread(target=release))
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert set(effects(basket.database)) == {"basket", *(f"apple {apple}" for apple in range(5))}
    assert len(effects(basket.database)) == 6
    assert scalar(basket.database, "select count(*) from waiting_facts") == 0


def a_batch_reader(url: str, take) -> Basket:
    basket = Basket(url, batch=50)
    basket.reader.on_batch(take)
    return basket


def test_a_batch_takes_effect_once_and_in_order(database):
    sizes = []

    def take(tx, envelopes):
        sizes.append(len(envelopes))
        for envelope in envelopes:
            note(tx, f"apple {envelope.data['apple']}")

    basket = a_batch_reader(database, take)
    batch = [fact(apple, id=f"m{apple}") for apple in range(5)]

    verdicts = basket.receiver.receive_batch([*batch, batch[0], delivery(b"{")])
    again = basket.receiver.receive_batch([*batch[3:], fact(5)])

    assert [verdict.outcome for verdict in verdicts] == [
        *[Outcome.OK] * 5,
        Outcome.DUPLICATE,
        Outcome.PARKED,
    ]
    assert [verdict.outcome for verdict in again] == [Outcome.DUPLICATE, Outcome.DUPLICATE, Outcome.OK]
    assert effects(basket.database) == [f"apple {apple}" for apple in range(6)]
    assert sizes == [5, 1]


def test_a_reader_that_remembers_its_messages_needs_no_inbox(database):
    known = set()

    def take(tx, envelopes):
        new = {envelope.id for envelope in envelopes} - known
        known.update(new)
        return new

    basket = Basket(database, batch=50, remembers=True)
    basket.reader.on_batch(take)

    verdicts = basket.receiver.receive_batch([fact(1, id="m1"), fact(2, id="m2"), fact(1, id="m1")])
    again = basket.receiver.receive_batch([fact(2, id="m2"), fact(3, id="m3")])

    assert [verdict.outcome for verdict in verdicts] == [Outcome.OK, Outcome.OK, Outcome.DUPLICATE]
    assert [verdict.outcome for verdict in again] == [Outcome.DUPLICATE, Outcome.OK]
    assert scalar(basket.database, "select count(*) from inbox") == 0


def test_one_bad_message_of_a_batch_does_not_hold_the_others(database):
    def take(tx, envelopes):
        for envelope in envelopes:
            note(tx, f"apple {envelope.data['apple']}")
            if envelope.data["apple"] == 2:
                raise RuntimeError("rotten")

    basket = a_batch_reader(database, take)

    verdicts = basket.receiver.receive_batch([fact(apple) for apple in range(4)])

    assert [one.outcome for one in verdicts] == [Outcome.OK, Outcome.OK, Outcome.RETRY, Outcome.OK]
    assert effects(basket.database) == ["apple 0", "apple 1", "apple 3"]


def note_with_transaction(tx, fact, at):
    note(tx, f"apple {fact.apple}")
    tx.execute("insert into effects select 'in ' || pg_current_xact_id()")


def transactions(database) -> int:
    return scalar(database, "select count(distinct what) from effects where what like 'in %'")


def apples(database) -> list[str]:
    return [what for what in effects(database) if what.startswith("apple")]


def test_messages_of_a_batch_take_effect_in_turn_in_one_transaction(database):
    basket = Basket(database, note_with_transaction, batch=50)

    verdicts = basket.receiver.receive_batch([fact(apple) for apple in range(30)])

    assert {verdict.outcome for verdict in verdicts} == {Outcome.OK}
    assert apples(basket.database) == [f"apple {apple}" for apple in range(30)]
    assert transactions(basket.database) == 1


def take_or_wait_or_fail(tx, fact, at):
    note_with_transaction(tx, fact, at)
    if fact.apple == 3:
        tx.announce(AppleFell(apple=fact.apple), at=at)
        tx.execute("select * from no_such_table")
    if fact.apple == 5 and not tx.execute("select 1 from effects where what = 'basket'").first():
        raise Wait("basket/1")
    if fact.apple == 7:
        raise Permanent("never")
    tx.announce(AppleFell(apple=fact.apple), at=at)


def test_what_is_bad_early_or_known_in_a_batch_harms_no_other_message(database):
    basket = Basket(database, take_or_wait_or_fail, batch=50)
    known = fact(0, id="known")
    assert basket.receive(known) is Outcome.OK

    batch = [known, *(fact(apple) for apple in range(1, 9)), delivery(b"{")]
    verdicts = basket.receiver.receive_batch([*batch, batch[1]])

    taken = ["apple 0", "apple 1", "apple 2", "apple 4", "apple 6", "apple 8"]
    assert [verdict.outcome for verdict in verdicts] == [
        Outcome.DUPLICATE,
        Outcome.OK,
        Outcome.OK,
        Outcome.RETRY,
        Outcome.OK,
        Outcome.WAITING,
        Outcome.OK,
        Outcome.PARKED,
        Outcome.OK,
        Outcome.PARKED,
        Outcome.DUPLICATE,
    ]
    assert apples(basket.database) == taken
    assert scalar(basket.database, "select count(*) from outbox") == len(taken)
    assert scalar(basket.database, "select count(*) from inbox") == len(taken) + 1  # and the one that waits

    with basket.database.transaction() as tx:
        note(tx, "basket")
        tx.released("basket/1")
    again = basket.receiver.receive_batch(batch)

    assert apples(basket.database) == [*taken, "apple 5"]
    assert [verdict.outcome for verdict in again].count(Outcome.DUPLICATE) == len(taken) + 1


def test_a_known_message_leaves_its_batch_one_transaction(database):
    basket = Basket(database, note_with_transaction, batch=50)
    known = fact(0, id="known")
    basket.receive(known)

    verdicts = basket.receiver.receive_batch([fact(1), known, fact(2), known, fact(3)])

    ok, duplicate = Outcome.OK, Outcome.DUPLICATE
    assert [verdict.outcome for verdict in verdicts] == [ok, duplicate, ok, duplicate, ok]
    assert apples(basket.database) == [f"apple {apple}" for apple in range(4)]
    assert transactions(basket.database) == 2


@pytest.mark.parametrize("rotten", [None, 2], ids=["together", "one by one"])
def test_what_a_message_of_a_batch_announces_carries_its_own_traceparent(database, rotten):
    def pass_on(tx, fact, at):
        tx.announce(AppleFell(tree="eaten", apple=fact.apple), at=at)
        if fact.apple == rotten:
            raise RuntimeError("rotten")
        tx.announce(AppleFell(tree="counted", apple=fact.apple), at=at)

    basket = Basket(database, pass_on, batch=50)
    basket.receiver.receive_batch([fact(apple, traceparent=f"00-aa-{apple}-01") for apple in range(5)])

    with basket.database.transaction() as tx:
        rows = tx.execute("select traceparent, body from outbox order by position").all()
    told = [(row.traceparent, decode(bytes(row.body))) for row in rows]
    expected = [(apple, tree) for apple in range(5) for tree in ("eaten", "counted") if apple != rotten]
    assert [(one.data["apple"], one.data["tree"]) for _, one in told] == expected
    traced = [f"00-aa-{apple}-01" for apple, _ in expected]
    assert [traceparent for traceparent, _ in told] == [one.traceparent for _, one in told] == traced


def test_anything_can_be_taken_as_it_came_and_once(database):
    basket = Basket(database)
    basket.reader.on_delivery(lambda tx, one, *, at: note(tx, one.headers["x-error"]))
    broken = delivery(b"{", headers={"x-error": "torn", "x-delivery-count": 0})
    redelivered = delivery(b"{", headers={"x-error": "torn", "x-delivery-count": 1})

    assert [basket.receive(broken), basket.receive(redelivered)] == [Outcome.OK, Outcome.DUPLICATE]
    assert effects(basket.database) == ["torn"]


def test_a_delivery_waits_for_a_database_that_is_away_and_is_left_when_stopping():
    from chassis.transactions import Database

    reader = Reader("basket", codec=CODEC)
    reader.otherwise(lambda tx, envelope, *, at: None)
    receiver = Receiver(Database("postgresql://nobody@127.0.0.1:1/none", codec=CODEC), reader)
    threading.Timer(0.5, receiver.stopping.set).start()

    assert receiver.receive(fact()).outcome is Outcome.LEFT


def test_in_a_replay_a_fact_counts_as_received_when_it_says(database):
    basket = Basket(database, lambda tx, fact, at: note(tx, at.isoformat()))
    basket.database.replay = True

    basket.receive(fact())

    assert effects(basket.database) == [NOON.isoformat()]
