"""The public page's doors over real HTTP on a real database: what a citizen may do, and what nobody may."""

import hashlib
import itertools
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from test_intake_doors import INSIDE, NAME, TELEPHONE, Centre, a_picture, centre  # noqa: F401

from case_contracts import attachment_tokens
from case_contracts.attachment_tokens import DraftReceipt, DraftUpload
from chassis import incoming
from services.intake import query_words

pytestmark = pytest.mark.infra

_address = itertools.count(1)


def from_somewhere() -> dict[str, str]:
    """A caller's own address, as the front door tells it; what stands before it is the caller's invention."""
    return {"X-Forwarded-For": f"6.6.6.6, 10.0.{next(_address) // 250}.{next(_address) % 250}"}


class Citizen:
    """Somebody with a browser and no account."""

    def __init__(self, of: Centre) -> None:
        self.centre = of
        self.headers = from_somewhere()

    def ask(self, method: str, path: str, **named: Any) -> requests.Response:
        headers = {**self.headers, **named.pop("headers", {})}
        return self.centre.ask(method, f"public/{path}", headers=headers, **named)

    def begin(self) -> str:
        answered = self.ask("POST", "drafts", json={})
        assert answered.status_code == 201, answered.text
        return answered.json()["token"]

    def upload(self, draft: str, content: bytes | None = None) -> requests.Response:
        content = content or a_picture(None)
        sha256 = hashlib.sha256(content).hexdigest()
        return self.centre.ask(
            "PUT", f"attachments/{sha256}", data=content, headers={"Authorization": f"Bearer {draft}"}
        )

    def report(self, **changes: Any) -> requests.Response:
        draft = self.begin()
        body = {
            "draft": draft,
            "description": "井盖缺失",
            "address": "文王路口",
            "position": INSIDE,
            "photos": [self.upload(draft).json()["receipt"]],
            "name": NAME,
            "telephone": TELEPHONE,
        }
        given = {name: value for name, value in {**body, **changes}.items() if value is not None}
        return self.ask("POST", "reports", json=given)

    @property
    def address(self) -> str:
        """The one that counts."""
        return self.headers["X-Forwarded-For"].split(", ")[1]

    def counted(self, what: str) -> int:
        """How often it was counted, in whichever hour."""
        with self.centre.store.database.transaction() as tx:
            found = tx.execute("select sum(times) from public_counts where what = :what", self._of(what))
            return int(found.scalar_one() or 0)

    def has_done(self, what: str, times: int) -> None:
        """So often in this hour, and in the next one: it may begin at any moment."""
        this_hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        with self.centre.store.database.transaction() as tx:
            for since in (this_hour, this_hour + timedelta(hours=1)):
                tx.execute(
                    "insert into public_counts values (:what, :since, :times, :since)"
                    " on conflict (what, since) do update set times = excluded.times",
                    {**self._of(what), "since": since, "times": times},
                )

    def _of(self, what: str) -> dict[str, str]:
        key = (self.centre.keys / "attachments.key").read_text().strip()
        return {"what": f"{what}/{query_words.address_mark(key, self.address)}"}


@pytest.fixture
def citizen(centre: Centre) -> Citizen:  # noqa: F811
    return Citizen(centre)


def test_a_citizen_reports_with_a_photo_and_only_the_word_opens_the_details(citizen: Citizen) -> None:
    told = citizen.report().json()
    number, word = told["report_number"], told["query_word"]

    public = citizen.ask("GET", f"reports/{number}")
    opened = citizen.ask(
        "POST", f"reports/{number}/open", json={"query_word": word.lower().replace("-", " ")}
    )
    wrong = citizen.ask("POST", f"reports/{number}/open", json={"query_word": "AAAAA-AAAAA"})

    assert [step["text"] for step in public.json()["steps"]] == ["已收到"]
    assert public.json()["with_query_word"] is True
    assert not {"description", "address", "photos"} & set(public.json())
    assert opened.json()["description"] == "井盖缺失"
    (photo,) = opened.json()["photos"]
    assert requests.get(f"{citizen.centre.url}{photo['link']}", timeout=30).status_code == 200
    assert (wrong.status_code, wrong.json()["type"]) == (403, "urn:qianliyan:problem:wrong-query-word")


def test_the_answer_counts_as_delivered_once_it_was_opened_and_can_be_rated_once(citizen: Citizen) -> None:
    told = citizen.report().json()
    number, word = told["report_number"], {"query_word": told["query_word"]}
    citizen.centre.post(f"reports/{number}/not-accept", "intake_operator", {"reason": "不属城市管理范围"})

    def state() -> str:
        return citizen.centre.get(f"reports/{number}", "intake_operator")["answers"][0]["state"]

    assert "不属城市管理范围" in citizen.ask("GET", f"reports/{number}").json()["answer"]["text"]
    assert state() == "due"
    opened = citizen.ask("POST", f"reports/{number}/open", json=word).json()
    assert (state(), opened["may_rate"]) == ("delivered", True)
    rated = citizen.ask("POST", f"reports/{number}/rate", json={**word, "satisfaction": "dissatisfied"})
    assert rated.status_code == 200
    again = citizen.ask("POST", f"reports/{number}/rate", json={**word, "satisfaction": "satisfied"})
    assert (again.status_code, again.json()["type"]) == (409, "urn:qianliyan:problem:already-rated")
    ask = citizen.ask("POST", f"reports/{number}/ask-reopening", json={**word, "words": "还在"})
    assert (ask.status_code, ask.json()["type"]) == (409, "urn:qianliyan:problem:reopening-not-possible")


def test_nothing_of_the_citizen_or_the_address_stands_anywhere_in_clear(citizen: Citizen) -> None:
    told = citizen.report().json()
    citizen.ask("POST", f"reports/{told['report_number']}/open", json={"query_word": "AAAAA-AAAAA"})

    with citizen.centre.store.database.transaction() as tx:
        tables = "select table_name from information_schema.tables where table_schema = 'public'"
        kept = {
            table: str([tuple(row) for row in tx.execute(f'select t::text from "{table}" t').all()])
            for table in tx.execute(tables).scalars().all()
        }

    address = citizen.address
    word = told["query_word"]
    assert told["report_number"] in kept["reports"]
    for secret in (NAME, TELEPHONE, address, word, word.replace("-", "")):
        assert [table for table, rows in kept.items() if secret in rows] == [], secret
    revealed = citizen.centre.get(
        f"reports/{told['report_number']}/reporter?reason=核对地址", "intake_operator"
    )
    assert (revealed["name"], revealed["telephone"]) == (NAME, TELEPHONE)


def test_a_repeated_request_is_one_report(citizen: Citizen) -> None:
    draft = citizen.begin()
    body = {
        "draft": draft,
        "description": "井盖缺失",
        "address": "文王路口",
        "photos": [citizen.upload(draft).json()["receipt"]],
    }
    key = {"Idempotency-Key": str(uuid.uuid4())}

    first = citizen.ask("POST", "reports", json=body, headers=key)
    again = citizen.ask("POST", "reports", json=body, headers=key)
    other = citizen.ask("POST", "reports", json=body)

    assert first.status_code == 201
    assert again.json() == first.json()
    assert (other.status_code, other.json()["type"]) == (409, "urn:qianliyan:problem:draft-used")


def test_a_repeat_with_the_query_word_is_answered_alike_and_leaves_no_hash_to_find_the_word_by(
    citizen: Citizen,
) -> None:
    told = citizen.report().json()
    number, word = told["report_number"], {"query_word": told["query_word"]}
    citizen.centre.post(f"reports/{number}/not-accept", "intake_operator", {"reason": "不属城市管理范围"})
    asked = {"open": word, "rate": {**word, "satisfaction": "satisfied"}}

    keys = {door: str(uuid.uuid4()) for door in asked}
    for door, body in asked.items():
        headers = {"Idempotency-Key": keys[door]}
        first, again = (
            citizen.ask("POST", f"reports/{number}/{door}", json=body, headers=headers) for _ in range(2)
        )
        assert (first.status_code, again.content) == (200, first.content), first.text
        assert again.headers["Idempotent-Replay"] == "true"

    with citizen.centre.store.database.transaction() as tx:
        rows = tx.execute("select key, request_hash, answer::text from idempotency").all()
    kept = {row.key: (row.request_hash, row.answer) for row in rows}
    for door, body in asked.items():
        hashed, answer = kept[keys[door]]
        path = f"/api/intake/public/reports/{number}/{door}"
        assert hashed != incoming.fingerprint("POST", path, body, "")
        assert "sealed" in answer


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"photos": []}, "photos"),
        ({"photos": ["a", "b", "c", "d"]}, "photos"),
        ({"photos": ["x.y.z"]}, "photos.0"),
        ({"photos": ["a" * 64]}, "photos.0"),
        ({"photos": None}, "photos"),
        ({"draft": "x.y.z"}, "draft"),
        ({"draft": ""}, "draft"),
        ({"description": "  "}, "description"),
        ({"description": "x" * 501}, "description"),
        ({"address": "", "position": None}, "address"),
        ({"position": {"lon": 999, "lat": 1}}, "position.lon"),
        ({"website": "http://spam.example"}, "website"),
        ({"telephone": "<script>"}, "telephone"),
        ({"name": "x" * 41}, "name"),
        ({"subcategory": "I9999"}, "subcategory"),
        ({"source": "leader"}, "source"),
        ({"query_mark": "mine"}, "query_mark"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_field_and_rule_and_nothing_is_kept(
    citizen: Citizen, changes: dict[str, Any], field: str
) -> None:
    before = citizen.centre.rows("reports")

    answered = citizen.report(**changes)

    assert answered.status_code == 422, answered.text
    assert field in [error["field"] for error in answered.json()["errors"]]
    assert citizen.centre.rows("reports") == before


def test_photos_need_a_living_draft_and_belong_to_it(citizen: Citizen) -> None:
    key = (citizen.centre.keys / "attachments.key").read_text().strip()
    ago = datetime.now(UTC) - timedelta(minutes=1)
    expired = attachment_tokens.sign(DraftUpload(draft="d"), key, expires_at=ago)
    forged = attachment_tokens.sign(DraftUpload(draft="d"), "another key " * 4)
    receipt = attachment_tokens.sign(DraftReceipt(sha256="a" * 64, draft="d"), key)

    assert citizen.upload(expired).status_code == 401
    assert citizen.upload(forged).status_code == 401
    assert citizen.upload(receipt).status_code == 401
    foreign = citizen.report(photos=[citizen.upload(citizen.begin()).json()["receipt"]])
    assert foreign.json()["errors"][0]["field"] == "photos.0"


def test_no_more_than_six_photos_come_for_a_draft_and_none_is_too_large_or_no_picture(
    citizen: Citizen,
) -> None:
    draft = citizen.begin()

    assert citizen.upload(draft, b"GIF89a nonsense").status_code == 422
    assert citizen.upload(draft, b"\xff\xd8\xff" + b"0" * (6 * 1024 * 1024 + 1)).status_code == 413
    assert [citizen.upload(draft).status_code for _ in range(5)] == [201, 201, 201, 201, 429]


def test_from_one_address_come_ten_reports_an_hour_whatever_the_caller_writes_before_it(
    citizen: Citizen,
) -> None:
    own = citizen.address
    for number in range(3):
        citizen.headers = {"X-Forwarded-For": f"7.7.7.{number}, {own}"}
        assert citizen.report(subcategory=None).status_code == 201
    assert citizen.counted("reports") == 3

    citizen.has_done("reports", 9)
    assert citizen.report().status_code == 201
    citizen.has_done("reports", 10)
    refused = citizen.report()

    assert (refused.status_code, refused.json()["type"]) == (429, "urn:qianliyan:problem:too-often")
    assert 0 < int(refused.headers["Retry-After"]) <= 3600
    assert Citizen(citizen.centre).report().status_code == 201


def test_nobody_tries_words_without_end(citizen: Citizen) -> None:
    told = citizen.report().json()

    def tried(by: Citizen, word: str = "AAAAA-AAAAA") -> int:
        answered = by.ask("POST", f"reports/{told['report_number']}/open", json={"query_word": word})
        return answered.status_code

    assert [tried(citizen, f"AAAAA-{n:05}") for n in range(3)] == [403] * 3
    assert citizen.counted("wrong-words") == 3
    citizen.has_done("wrong-words", 29)
    assert tried(citizen) == 403
    citizen.has_done("wrong-words", 30)

    assert tried(citizen) == tried(citizen, told["query_word"]) == 429
    assert tried(Citizen(citizen.centre), told["query_word"]) == 200


@pytest.mark.parametrize("word", ["", "short", "x" * 30, "AAAAA\n-AAAAA", "'; drop table--"])
def test_what_is_no_query_word_is_refused(citizen: Citizen, word: str) -> None:
    assert citizen.ask("POST", "reports/R2020061500001/open", json={"query_word": word}).status_code == 422


def test_an_unknown_number_is_not_found(citizen: Citizen) -> None:
    word = {"query_word": "AAAAA-AAAAA"}
    assert citizen.ask("GET", "reports/R2020061599999").status_code == 404
    assert citizen.ask("POST", "reports/R2020061599999/open", json=word).status_code == 404
