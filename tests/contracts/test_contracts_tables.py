"""The shared tables: who reads which facts, and who may do what."""

import csv
from pathlib import Path

import pytest

from case_contracts import readers
from case_contracts.codes import Source, SupervisionKind, Urgency
from case_contracts.facts import FACTS
from case_contracts.readers import READERS, SERVICES
from case_contracts.roles import RIGHTS, SYSTEM, Action, Actor, NotAllowed, Role

SENDERS = {module.__name__.rsplit(".", 1)[-1] for module in readers.SENDERS}


def test_every_reader_reads_known_facts_only():
    assert set(READERS) == set(SERVICES)
    for service, read in READERS.items():
        assert read <= set(FACTS), service


def test_nobody_reads_their_own_facts_but_those_who_read_everything():
    for service, read in READERS.items():
        if read != set(FACTS):
            assert service not in {sender for sender, _ in read}


def test_the_ledger_and_the_read_model_read_everything():
    assert READERS["assessment"] == READERS["console"] == set(FACTS)


def test_facts_are_filed_under_their_sender_and_name():
    for (sender, name), kind in FACTS.items():
        assert (kind.sender, kind.name) == (sender, name)
        assert sender in SENDERS
        assert kind.__doc__


def test_the_rights_are_those_written_down_by_hand():
    with (Path(__file__).parents[1] / "roles.csv").open(encoding="utf-8") as rows:
        written = {
            (role, row["action"])
            for row in csv.DictReader(rows)
            for role in row
            if role != "action" and row[role] == "yes"
        }

    assert written == {(role.value, action.value) for role, rights in RIGHTS.items() for action in rights}


def test_every_action_is_somebodys_and_every_role_is_something():
    assert set().union(*RIGHTS.values()) == set(Action)
    assert set(RIGHTS) == set(Role)
    assert all(RIGHTS.values())


def test_who_commands_the_work_does_not_certify_it():
    certifying = {Action.ASK_VERIFICATION, Action.ANSWER_TASK, Action.CLOSE_CASE, Action.FILE_CASE}
    commanding = {Action.DISPATCH_CASE, Action.DECIDE_RETURN, Action.HANDLE_TASK}

    for role, rights in RIGHTS.items():
        assert not (rights & certifying and rights & commanding), role


def test_only_the_shift_supervisor_files_closes_and_voids():
    for action in (Action.FILE_CASE, Action.CLOSE_CASE, Action.VOID_CASE, Action.DECLINE_TO_FILE):
        assert {role for role, rights in RIGHTS.items() if action in rights} == {Role.SHIFT_SUPERVISOR}


def test_only_agents_reach_callers():
    for action in (Action.TAKE_CALL, Action.CALL_BACK):
        assert {role for role, rights in RIGHTS.items() if action in rights} == {Role.HOTLINE_AGENT}


def test_units_and_gateways_read_no_case_files():
    for role in (Role.RESPONSIBLE_UNIT, Role.CHANNEL, Role.COLLECTOR):
        assert not RIGHTS[role] & {Action.READ_CASE_FILES, Action.READ_REPORTS, Action.READ_FIGURES}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", Action)
def test_a_person_may_what_one_of_their_roles_may(role, action):
    actor = Actor(person_id="p", roles=frozenset({role}))

    if action in RIGHTS[role]:
        actor.require(action)
    else:
        with pytest.raises(NotAllowed) as refused:
            actor.require(action)
        assert refused.value.action is action


def test_whoever_has_no_role_may_nothing_and_the_system_everything():
    assert not any(Actor(person_id="p").may(action) for action in Action)
    assert all(SYSTEM.may(action) for action in Action)


def test_every_code_has_its_chinese_word():
    assert all(source.chinese for source in Source)
    assert all(urgency.chinese for urgency in Urgency)
    assert {source for source in Source if not source.needs_confirmation} == {
        Source.COLLECTOR, Source.VIDEO, Source.LEADER,
    }  # fmt: skip
    assert all(kind.chinese for kind in SupervisionKind)
