"""An answer that tells a secret is kept for repeats sealed, and given again as it was."""

from types import SimpleNamespace

import orjson
from cryptography.fernet import Fernet

from chassis.idempotency import IdempotencyKey, KeptAnswer
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


def a_key(sealer=None):
    return IdempotencyKey(scope="s", key="k", request_hash="h", sealer=sealer)


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
