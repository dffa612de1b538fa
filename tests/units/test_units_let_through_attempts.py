"""What the broker lets a unit do: it does no harm, and this is the proof."""

from collections.abc import Callable

import pika
import pytest
from pika.exceptions import ChannelClosedByBroker

from case_contracts.units import RequestAccepted, RequestRefused, Resync, Sign, Task
from tests.service_process import eventually
from tests.units.units_kit import MINE, OTHERS, City, about

UNSIGNED = {MINE: "awaiting_signature", OTHERS: "awaiting_signature"}


def the_reader_goes_on(city: City) -> None:
    """What u01 says afterwards is answered, so everything before was read."""
    asked = city.say(Resync(responsible_unit="u01"))
    answers = city.told("u01", city.waiting("unit.u01.tasks"))
    while RequestAccepted(request_id=asked, request="resync") not in answers:
        answers += city.told("u01", 1)


def is_refused(city: City, message_id: str, field: str) -> None:
    """u01, and nobody else, is told why."""

    def answered() -> RequestRefused | None:
        (one,) = city.told("u01", 1)
        return one if isinstance(one, RequestRefused) and one.request_id == message_id else None

    refused = eventually(answered)
    assert refused.field == field


def speak_without_user_id(city: City) -> None:
    before = city.waiting("parking")
    city.say(about(Sign), user_id=None)

    eventually(lambda: city.waiting("parking") == before + 1)


def name_anothers_key_in_cc(city: City, header: str = "CC") -> None:
    keys = [f"u02.sign.{OTHERS}", "u02.tasks", "unit.u02.tasks"]
    said = city.say(about(Sign, OTHERS, "u02"), headers={header: keys})

    is_refused(city, said, "responsible_unit")


def claim_anothers_name(city: City) -> None:
    is_refused(city, city.say(about(Sign, OTHERS, "u01"), source="units/u02"), "source")
    is_refused(city, city.say(about(Sign, OTHERS, "u02")), "responsible_unit")


def speak_about_anothers_case(city: City) -> None:
    is_refused(city, city.say(about(Sign, OTHERS)), "")
    is_refused(city, city.say(about(Sign, "4105232020061599999")), "")


def use_up_a_message_id(city: City) -> None:
    city.say(about(Sign, OTHERS), id="one-and-the-same")
    asked = city.say(Resync(responsible_unit="u02"), code="u02", user_id="u02", id="one-and-the-same")

    answers = city.told("u02", 2)
    while RequestAccepted(request_id=asked, request="resync") not in answers:
        answers += city.told("u02", 1)
    assert any(isinstance(answer, Task) for answer in answers)
    city.say(Resync(responsible_unit="u02"), code="u02", user_id="u02")
    eventually(lambda: city.waiting("unit.u02.tasks") >= 2)


def forge_headers_of_another_try(city: City) -> None:
    before = city.waiting("parking")
    headers = {"x-user-id": "u02", "x-attempt": 99, "x-queue": "unit.u02.tasks", "x-exchange": "units.tasks"}
    city.say(about(Sign, OTHERS, "u02"), user_id=None, headers=headers)
    said = city.say(about(Sign, OTHERS, "u02"), headers=headers)

    eventually(lambda: city.waiting("parking") == before + 1)
    is_refused(city, said, "responsible_unit")


def let_a_message_expire(city: City) -> None:
    city.say(about(Sign, OTHERS), expiration="0")


def ask_by_direct_reply_to(city: City) -> None:
    heard: list[bytes] = []
    with city.channel("u01") as channel:
        channel.basic_consume("amq.rabbitmq.reply-to", lambda *got: heard.append(got[3]), auto_ack=True)
        channel.basic_publish(
            "units.feedback",
            "u01.resync",
            b"no JSON",
            pika.BasicProperties(
                user_id="u01",
                reply_to="amq.rabbitmq.reply-to",
                content_type="application/cloudevents+json",
            ),
        )
        the_reader_goes_on(city)
        channel.connection.process_data_events(time_limit=0.5)
    assert heard == []


def send_no_json(city: City) -> None:
    before = city.waiting("parking")
    city.say(about(Sign), body=b"\xff\xfe no JSON")

    eventually(lambda: city.waiting("parking") == before + 1)


def purge_the_own_queue(city: City) -> None:
    with city.channel("u01") as channel:
        channel.queue_purge("unit.u01.tasks")
    city.say(Resync(responsible_unit="u01"))

    assert [task.case_number for task in city.told("u01", 1)] == [MINE]


def return_a_task_for_ever(city: City) -> None:
    with city.channel("u01") as channel:
        channel.queue_purge("unit.u01.tasks")
    before = city.waiting("parking")
    city.say(Resync(responsible_unit="u01"))
    city.broker.wait_for_count(city.uri, "unit.u01.tasks", 2, within=60)
    with city.channel("u01") as channel:
        for delivery, _, body in channel.consume("unit.u01.tasks", inactivity_timeout=1):
            if delivery is None:
                if city.waiting("parking") > before:
                    break
                continue
            if b'"request_accepted"' in body:
                channel.basic_ack(delivery.delivery_tag)
            else:
                channel.basic_nack(delivery.delivery_tag, requeue=True)
        channel.cancel()
    eventually(lambda: city.waiting("parking") == before + 1)

    city.say(Resync(responsible_unit="u01"))

    assert [task.case_number for task in city.told("u01", 1)] == [MINE]


def see_anothers_length(city: City) -> None:
    with city.channel("u01") as channel:
        assert channel.queue_declare("unit.u02.tasks", passive=True).method.message_count >= 1
        with pytest.raises(ChannelClosedByBroker):
            channel.basic_get("unit.u02.tasks")


def see_an_exchange(city: City) -> None:
    with city.channel("u01") as channel:
        channel.exchange_declare("intake.events", passive=True)
        with pytest.raises(ChannelClosedByBroker):
            channel.basic_publish("intake.events", "case_closed", b"x")


LET_THROUGH: dict[str, Callable[[City], None]] = {
    "speak without user-id": speak_without_user_id,
    "name another unit's key in the header CC": name_anothers_key_in_cc,
    "name another unit's key in the header BCC": lambda city: name_anothers_key_in_cc(city, "BCC"),
    "claim another unit's name in source and body": claim_anothers_name,
    "speak about another unit's case": speak_about_anothers_case,
    "use up a message id before another unit does": use_up_a_message_id,
    "forge the headers of another try": forge_headers_of_another_try,
    "let a message expire at once": let_a_message_expire,
    "ask for an answer by direct reply-to": ask_by_direct_reply_to,
    "send what is no JSON": send_no_json,
    "purge the own queue": purge_the_own_queue,
    "return a task twenty-one times": return_a_task_for_ever,
    "see how long another unit's queue is": see_anothers_length,
    "see whether an exchange is there": see_an_exchange,
}


@pytest.mark.infra
@pytest.mark.parametrize("attempt", LET_THROUGH)
def test_it_does_no_harm_to(attempt: str, city: City):
    others_before = city.waiting("unit.u02.tasks")

    LET_THROUGH[attempt](city)

    the_reader_goes_on(city)
    assert city.states() == UNSIGNED
    assert city.waiting("unit.u02.tasks") >= others_before
    if not attempt.startswith("use up"):
        assert city.waiting("unit.u02.tasks") == others_before
    assert city.asked("select count(*) from flow_records where actor like 'unit/%'") == [(0,)]
    assert city.waiting("dispatch.facts") == 0


@pytest.mark.infra
def test_the_unit_itself_is_believed(city: City):
    the_reader_goes_on(city)

    said = city.say(about(Sign))

    assert city.told("u01", 1) == [RequestAccepted(request_id=said, request="sign", case_number=MINE)]
    assert city.states() == {**UNSIGNED, MINE: "handling"}
    assert city.asked("select actor from flow_records where action = 'sign'") == [("unit/u01",)]
