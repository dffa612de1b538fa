"""A secret request is kept for repeats so that nobody reads it: the answer sealed, itself as a mark."""

from types import SimpleNamespace

import orjson
import pytest
from cryptography.fernet import Fernet

from chassis.idempotency import IdempotencyKey, KeptAnswer
from chassis.problems import Problem
from chassis.sealing import Sealer

ANSWER = KeptAnswer(status=201, headers={"X-Kind": "first"}, body='{"word":"开门"}'.encode())


class Kept:
    """The one row of the key."""

    row: SimpleNamespace

    def write(self, _statement, values):
        self.row = SimpleNamespace(**values)

    def read(self, _statement, _values):
        row = SimpleNamespace(**{**vars(self.row), "answer": orjson.loads(self.row.answer)})
        return SimpleNamespace(one_or_none=lambda: row)


def a_key(sealer=None, request_hash="h"):
    return IdempotencyKey(scope="s", key="k", request_hash=request_hash, sealer=sealer)


def test_a_sealed_answer_is_read_by_nobody_and_given_again_whole():
    tx, sealer = Kept(), Sealer([Fernet.generate_key()])

    a_key(sealer).keep(tx, ANSWER)

    assert "开门" not in tx.row.answer
    assert a_key(sealer).first_answer(tx) == ANSWER


def test_what_was_kept_before_the_door_sealed_its_answers_is_given_again():
    tx = Kept()

    a_key().keep(tx, ANSWER)

    assert "开门" in tx.row.answer
    assert a_key(Sealer([Fernet.generate_key()])).first_answer(tx) == a_key().first_answer(tx) == ANSWER


def test_what_is_kept_of_a_secret_request_tells_nothing_to_who_lacks_the_key():
    kept = []
    for sealer in (Sealer([Fernet.generate_key()]), Sealer([Fernet.generate_key()])):
        tx = Kept()
        a_key(sealer).keep(tx, ANSWER)
        kept.append(tx.row.request_hash)

    assert len({*kept, "h"}) == 3
    assert all(len(mark) == 64 for mark in kept)


def test_another_request_under_the_key_of_a_secret_one_is_refused():
    tx, sealer = Kept(), Sealer([Fernet.generate_key()])
    a_key(sealer).keep(tx, ANSWER)

    with pytest.raises(Problem) as refused:
        a_key(sealer, "another").first_answer(tx)

    assert refused.value.wording[:2] == (422, "idempotency-key-reused")


def test_a_secret_request_is_known_again_after_the_key_was_renewed():
    tx, old = Kept(), Fernet.generate_key()
    a_key(Sealer([old])).keep(tx, ANSWER)

    assert a_key(Sealer([Fernet.generate_key(), old])).first_answer(tx) == ANSWER


def test_what_was_kept_before_requests_were_marked_is_given_again_only_to_the_same_request():
    tx, sealer = Kept(), Sealer([Fernet.generate_key()])
    a_key(sealer).keep(tx, ANSWER)
    tx.row.request_hash = "h"

    assert a_key(sealer).first_answer(tx) == ANSWER
    with pytest.raises(Problem):
        a_key(sealer, "another").first_answer(tx)
