"""One logged command (故障补时) reaches every clock of both services, however the post carries it."""

from datetime import timedelta

from services.dispatch.domain.assignment import Assignment
from services.intake.domain.case import Case
from services.intake.domain.report import Report
from tests.machines.small_city import COLLECTORS, START, SmallCity

MINUTE = timedelta(minutes=1)


def report_of(city: SmallCity, number: str) -> Report:
    return city.intake.kept.reports[number]


def case_of(city: SmallCity, number: str) -> Case:
    return city.intake.kept.cases[number]


def assignment_of(city: SmallCity, number: str) -> Assignment:
    return city.dispatch.kept.assignments[number]


def a_report(city: SmallCity) -> str:
    city.report(COLLECTORS[0])
    return max(city.intake.kept.reports)


def a_case(city: SmallCity) -> str:
    number = a_report(city)
    city.propose(number)
    city.file(number)
    city.deliver_all()
    return report_of(city, number).case_number or ""


def test_one_command_gives_every_post_of_both_services_its_time_back():
    city = SmallCity()
    to_accept, to_file = a_report(city), a_report(city)
    city.propose(to_file)
    to_dispatch, to_sign, to_verify = a_case(city), a_case(city), a_case(city)
    city.send(to_sign, "u04")
    city.send(to_verify, "u04")
    city.feed_back_signed(to_verify)
    city.deliver_all()
    signing = assignment_of(city, to_sign).escalate_at
    city.now += 5 * MINUTE

    city.credit_outage(5)
    city.deliver_all()

    assert report_of(city, to_accept).due_at == report_of(city, to_file).due_at == START + 20 * MINUTE
    assert case_of(city, to_dispatch).due_at == assignment_of(city, to_dispatch).decide_by_at
    assert case_of(city, to_dispatch).due_at == START + 20 * MINUTE
    assert assignment_of(city, to_sign).escalate_at == signing + 5 * MINUTE
    assert case_of(city, to_sign).due_at == assignment_of(city, to_sign).due_at
    assert case_of(city, to_verify).due_at == START + 20 * MINUTE


def test_what_the_post_brings_twice_and_in_another_order_gives_back_each_moment_once():
    city = SmallCity()
    number = a_report(city)
    for entered_at in (9, 10):
        city.now = START + entered_at * MINUTE
        city.credit_outage(6)

    logged = list(city.post)
    city.deliver(logged[1], again=True)
    city.deliver(logged[0])
    city.deliver_all()

    assert report_of(city, number).due_at == START + (15 + 7) * MINUTE
