"""Everything that a unit may say has its call, and everything that the centre says has its words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import unit_sdk
from case_contracts import units, wire
from tests.contracts.contract_kit import SAMPLES
from tests.unit_sdk.sdk_kit import NOON, Centre, a_task
from unit_sdk import UnitClient, words

AUTUMN = datetime(2026, 11, 1, tzinfo=UTC)


def sample(name: str) -> Any:
    envelope = wire.decode((SAMPLES / "to_unit" / f"{name}.json").read_bytes())
    return wire.unpack(units.TO_UNIT[name], envelope.data)


@pytest.mark.infra
def test_a_unit_asks_for_time_for_rest_goes_on_and_replies_to_an_order(centre: Centre, client: UnitClient):
    client.start()
    task, order = a_task(), sample("supervision_order")

    client.ask_extension(task, "材料未到")
    client.ask_suspension(task, "补植须待秋季", until_at=AUTUMN)
    client.resume(task)
    client.reply(order, "已安排人员今日处置")

    about = {"case_number": task.case_number, "round": 1, "dispatch_number": 1, "responsible_unit": "u01"}
    heard = [wire.unpack(units.FROM_UNIT[one.type], one.data) for _, _, one in centre.heard(4)]
    assert heard == [
        units.AskExtension(**about, reason="材料未到"),
        units.AskSuspension(**about, reason="补植须待秋季", until_at=AUTUMN),
        units.Resume(**about),
        units.SupervisionReply(
            case_number=order.case_number,
            round=order.round,
            dispatch_number=order.dispatch_number,
            responsible_unit=order.responsible_unit,
            order_number=order.order_number,
            text="已安排人员今日处置",
        ),
    ]


def test_a_rest_until_a_moment_without_zone_is_refused_before_it_is_said():
    client = UnitClient("amqp://u01:x@127.0.0.1/city", "u01")

    with pytest.raises(ValueError, match="zone"):
        client.ask_suspension(a_task(), "秋季", until_at=datetime(2026, 11, 1))


def test_the_sdk_shows_every_message_there_is():
    for kind in [*units.TO_UNIT.values(), *units.FROM_UNIT.values()]:
        assert getattr(unit_sdk, kind.__name__) is kind
        assert kind.__name__ in unit_sdk.__all__


@pytest.mark.parametrize("name", units.TO_UNIT)
def test_a_terminal_shows_each_message_with_its_chinese_name_and_all_that_it_says(name: str):
    message = sample(name)

    text = words.in_words(message, at=NOON)

    assert units.TO_UNIT[name].__doc__.split(":")[0] in text.splitlines()[0]
    assert getattr(message, "case_number", "") in text
    for said in ("reason", "words", "address", "description", "closing_condition", "rework_reason"):
        assert getattr(message, said, "") in text
    assert "eyJ" not in text


def test_a_terminal_shows_how_much_time_is_left_and_marks_what_is_urgent():
    task = a_task(urgency="urgent", due_at=NOON)

    assert "还有 left 1 时 5 分" in words.in_words(task, at=NOON - timedelta(minutes=65))
    assert "超期 overdue 2 天 0 时" in words.in_words(task, at=NOON + timedelta(days=2))
    assert "2026-05-04 12:00" in words.in_words(task, at=NOON)
    assert words.in_words(task, at=NOON, colours=True).splitlines()[0].startswith("12:00:00  \x1b[33m")
    assert "\x1b" not in words.in_words(task, at=NOON)


def test_a_citizens_words_give_the_terminal_no_orders():
    text = words.in_words(
        a_task(description="路面\x1b[2J\x07破损\r\n\u202e", address="\x9b31m文王路"), at=NOON
    )

    assert not {"\x1b", "\x07", "\r", "\x9b", "\u202e"} & set(text)
    assert "路面 [2J 破损" in text
    assert len(text.splitlines()) == 5
