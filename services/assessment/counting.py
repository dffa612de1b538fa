"""How each count is made (计数): the rows of a source, and which of them belong to the count.

A figure and the list behind it come from the same rows by the same condition, so they cannot disagree.
Every source yields one row a thing counted, with the columns ``case_number``, ``report_number``,
``responsible_unit`` and ``at``. Facts count whose time lies before ``:as_of``; a granted appeal alone
counts whenever it was granted, since it corrects the figures of a period that may be over.
"""

from dataclasses import dataclass
from enum import StrEnum


class Source(StrEnum):
    """Where rows come from."""

    TOLD = "told"
    REPORTS = "reports"
    ACCEPTED = "accepted"
    DISPATCHES = "dispatches"
    REWORK = "rework"
    SUPERVISIONS = "supervisions"
    ANSWERS = "answers"
    CASES = "cases"


@dataclass(frozen=True)
class Part:
    """The rows of a source that belong to a count."""

    source: Source
    where: str


ROWS: dict[Source, str] = {
    # What happened in the period, as it happened.
    Source.TOLD: """
        select case_number, report_number, responsible_unit, time as at,
               type, satisfaction, in_time, valid, wrong_dispatch, called, unseen
        from ledger where time >= :begin and time < :as_of
        """,
    Source.REPORTS: """
        select received.report_number, filed.case_number, cast(null as text) as responsible_unit,
               received.time as at, received.origin = 'collector' as by_collector,
               received.report_number in (
                   select report_number from ledger where type = 'problem_self_handled'
                   except
                   select report_number from ledger
                   where type = 'self_handling_judged' and not valid and time < :as_of) as self_handled
        from ledger as received
        left join (
            select report_number, min(case_number) as case_number
            from ledger where type = 'case_filed' and time < :as_of group by report_number
        ) as filed on filed.report_number = received.report_number
        where received.type = 'report_received' and time >= :begin and time < :as_of
        """,
    Source.ACCEPTED: """
        select cast(null as text) as case_number, report_number, cast(null as text) as responsible_unit,
               min(time) as at
        from ledger where type = 'report_accepted' and time < :as_of
        group by report_number having min(time) >= :begin
        """,
    Source.DISPATCHES: """
        select given.case_number, cast(null as text) as report_number, given.responsible_unit,
               given.time as at, taken.case_number is not null as wrong
        from ledger as given
        left join ledger as taken
            on taken.type = 'return_accepted' and taken.case_number = given.case_number
            and taken.dispatch_number = given.dispatch_number and taken.wrong_dispatch is not false
            and taken.time < :as_of
        where given.type = 'case_dispatched' and given.time >= :begin and given.time < :as_of
        """,
    # What follows on a failed verification; work on a reopened case is counted with the reopening.
    Source.REWORK: """
        select ordered.case_number, cast(null as text) as report_number, ordered.responsible_unit,
               ordered.time as at,
               row_number() over (
                   partition by ordered.responsible_unit, ordered.case_number order by ordered.time,
                   ordered.sequence) = 1 as first
        from ledger as ordered
        where ordered.type = 'rework_ordered' and ordered.reopened is not true
        and time >= :begin and time < :as_of
        """,
    Source.SUPERVISIONS: """
        select ordered.case_number, cast(null as text) as report_number, ordered.responsible_unit,
               ordered.time as at, reply.in_time as in_time,
               coalesce(not reply.in_time, wanted.reply_by_at < :as_of and not exists (
                   select from ledger as ended
                   where ended.case_number = ordered.case_number and ended.time < wanted.reply_by_at
                   and (ended.type in ('case_closed', 'case_voided', 'case_force_closed', 'case_merged')
                        or ended.type = 'return_accepted'
                        and ended.dispatch_number = ordered.dispatch_number))
               ) as late
        from ledger as ordered
        cross join lateral (
            select max(told.reply_by_at) as reply_by_at from ledger as told
            where told.case_number = ordered.case_number and told.order_number = ordered.order_number
            and told.type in ('supervision_ordered', 'reply_time_credited') and told.time < :as_of
        ) as wanted
        left join lateral (
            select coalesce(replied.in_time, true) as in_time from ledger as replied
            where replied.type = 'supervision_replied' and replied.case_number = ordered.case_number
            and replied.order_number = ordered.order_number and replied.time < :as_of
            order by replied.time, replied.sequence limit 1
        ) as reply on true
        where ordered.type = 'supervision_ordered' and time >= :begin and time < :as_of
        """,
    # A report may have several answers, after a reopening even two of one kind: the first ending of a kind
    # belongs to its first becoming due.
    Source.ANSWERS: """
        select cast(null as text) as case_number, report_number, cast(null as text) as responsible_unit,
               min(time) as at,
               bool_or(type = 'answer_delivered') as answered,
               bool_or(type = 'answer_undeliverable') as given_up
        from (
            select report_number, kind, time, type, row_number() over (
                partition by report_number, kind, type in ('answer_due', 'call_back_due')
                order by time, sequence) as nth
            from ledger
            where type in ('answer_due', 'call_back_due', 'answer_delivered', 'answer_undeliverable')
            and time < :as_of) as numbered
        group by report_number, kind, nth having min(time) >= :begin
        """,
    # One row a case as it stood at as_of, under the unit of its last dispatch.
    Source.CASES: """
        with chosen as materialized (
            select distinct case_number from ledger
            where type in ('case_filed', 'case_dispatched', 'case_closed', 'case_voided', 'case_force_closed',
                           'case_merged', 'case_reopened')
            and time >= :begin and time < :as_of
        ), ends as (
            select case_number,
                   min(time) filter (where type = 'case_filed') as filed_at,
                   min(time) filter (where type = 'case_closed') as closed_at,
                   max(time) filter (where type = 'case_voided') as voided_at,
                   max(time) filter (where type = 'case_merged') as merged_at,
                   max(time) filter (where type = 'case_force_closed') as forced_at,
                   max(time) filter (where type = 'case_reopened') as reopened_at
            from ledger join chosen using (case_number)
            where type in ('case_filed', 'case_closed', 'case_voided', 'case_merged', 'case_force_closed',
                           'case_reopened')
            and time < :as_of
            group by case_number
        ), last as (
            select distinct on (case_number)
                   case_number, dispatch_number, round, responsible_unit, time as dispatched_at
            from ledger join chosen using (case_number)
            where type = 'case_dispatched' and time < :as_of
            order by case_number, dispatch_number desc
        ), work as (
            select last.case_number, last.responsible_unit, last.dispatched_at,
                   greatest(last.round, max(fact.round) filter (where fact.type = 'rework_ordered')) as round,
                   max(fact.round) filter (where fact.type = 'feedback_submitted') as fed_back_round,
                   coalesce(bool_or(not fact.in_time) filter (
                       where fact.type = 'feedback_submitted'), false) as late,
                   bool_or(fact.type = 'rework_ordered' and fact.reopened is not true) as reworked,
                   bool_or(fact.type = 'return_accepted') as returned,
                   bool_or(fact.type = 'extension_granted') as extended,
                   count(*) filter (where fact.type = 'case_sent_back')
                       > count(*) filter (where fact.type in ('return_accepted', 'return_refused'))
                       as under_review,
                   count(*) filter (where fact.type = 'case_suspended')
                       > count(*) filter (where fact.type = 'case_resumed') as suspended,
                   (array_agg(fact.due_at order by fact.time desc, fact.sequence desc) filter (
                       where fact.type in ('case_dispatched', 'return_refused', 'rework_ordered',
                                           'extension_granted', 'case_resumed', 'outage_credited'))
                   )[1] as due_at
            from last join ledger as fact
                on fact.case_number = last.case_number and fact.dispatch_number = last.dispatch_number
            where fact.time < :as_of
            group by last.case_number, last.responsible_unit, last.dispatched_at, last.round
        ), exempted as (
            select distinct case_number, responsible_unit from ledger where type = 'appeal_granted'
        ), stood as (
            select *, coalesce(not returned and not under_review and not suspended and due_at < :as_of, false)
                       as past_due,
                   voided_at is not null or merged_at is not null
                       or coalesce(forced_at > coalesce(reopened_at, '-infinity'), false) as set_apart,
                   exempted.case_number is not null as exempt
            from chosen left join ends using (case_number) left join work using (case_number)
            left join exempted using (case_number, responsible_unit)
        )
        select case_number, cast(null as text) as report_number,
               case when not returned then responsible_unit end as responsible_unit,
               coalesce(dispatched_at, filed_at, closed_at, voided_at, merged_at, forced_at, reopened_at)
                   as at,
               closed_at >= :begin as closed, voided_at >= :begin as voided, merged_at >= :begin as merged,
               forced_at >= :begin as forced, reopened_at >= :begin as reopened,
               closed_at >= :begin and reopened_at is not null as closed_reopened,
               filed_at >= :begin as filed, voided_at is null as not_voided,
               not set_apart and not returned and dispatched_at >= :begin as to_handle,
               coalesce(fed_back_round >= round, false) as handled,
               late, exempt, reworked, extended, suspended, past_due,
               fed_back_round is not null as fed_back,
               not set_apart and filed_at >= :begin and (closed_at is not null or past_due) as to_close,
               closed_at is not null as once_closed
        from stood
        """,
}

_OF_TYPE = {
    "reported": "report_received",
    "not_accepted": "report_not_accepted",
    "linked": "report_linked",
    "confirmed": "report_confirmed",
    "denied": "report_denied",
    "not_filed": "filing_declined",
    "returned_to_intake": "case_returned_to_intake",
    "sent_back": "case_sent_back",
    "shirked": "return_refused",
    "coordinated": "coordination_called",
    "extensions_asked": "extension_asked",
    "extensions": "extension_granted",
    "extensions_refused": "extension_refused",
    "suspensions": "case_suspended",
    "suspensions_refused": "suspension_refused",
    "urged": "unit_urged",
    "verified": "handling_verified",
    "self_handled": "problem_self_handled",
    "handling_again_asked": "reopening_asked",
    "reopenings_declined": "reopening_declined",
    "escalated_reports": "report_escalated",
    "escalated_assignments": "assignment_escalated",
    "escalated_cases": "case_escalated",
    "escalated_call_backs": "call_back_escalated",
    "escalated_appeals": "appeal_escalated",
    "appeals": "appeal_made",
    "appeals_granted": "appeal_granted",
    "appeals_refused": "appeal_refused",
}
_SEEN = "unseen is not true"  # feedback that was sent back without a look is no collector's verification
_ESCALATED = (
    "type in ('report_escalated', 'assignment_escalated', 'case_escalated', 'call_back_escalated',"
    " 'appeal_escalated')"
)
_SAID = "type in ('caller_informed', 'answer_rated') and satisfaction = '{}'"

PARTS: dict[str, Part] = {
    **{name: Part(Source.TOLD, f"type = '{kind}'") for name, kind in _OF_TYPE.items()},
    "confirmations_in_time": Part(Source.TOLD, "type in ('report_confirmed', 'report_denied') and in_time"),
    "verification_failed": Part(Source.TOLD, f"type = 'verification_failed' and {_SEEN}"),
    "verifications_in_time": Part(
        Source.TOLD, f"type in ('handling_verified', 'verification_failed') and in_time and {_SEEN}"
    ),
    "wrong_dispatches": Part(Source.TOLD, "type = 'return_accepted' and wrong_dispatch is not false"),
    "self_handled_valid": Part(Source.TOLD, "type = 'self_handling_judged' and valid"),
    "self_handled_invalid": Part(Source.TOLD, "type = 'self_handling_judged' and not valid"),
    "escalated_to_supervisor": Part(Source.TOLD, f"{_ESCALATED} and called = 'shift_supervisor'"),
    "escalated_to_leader": Part(Source.TOLD, f"{_ESCALATED} and called = 'leader'"),
    **{
        name: Part(Source.TOLD, _SAID.format(name))
        for name in ("satisfied", "fairly_satisfied", "dissatisfied", "not_said")
    },
    "contented": Part(
        Source.TOLD,
        "type in ('caller_informed', 'answer_rated') and satisfaction in ('satisfied', 'fairly_satisfied')",
    ),
    "reported_filed": Part(Source.REPORTS, "case_number is not null"),
    "collector_reported": Part(Source.REPORTS, "by_collector and not self_handled"),
    "collector_filed": Part(Source.REPORTS, "by_collector and not self_handled and case_number is not null"),
    "accepted": Part(Source.ACCEPTED, "true"),
    "dispatched": Part(Source.DISPATCHES, "true"),
    "rightly_dispatched": Part(Source.DISPATCHES, "not wrong"),
    "rework_times": Part(Source.REWORK, "true"),
    "rework_cases": Part(Source.REWORK, "first"),
    "supervised": Part(Source.SUPERVISIONS, "true"),
    "supervised_in_time": Part(Source.SUPERVISIONS, "in_time"),
    "supervised_late": Part(Source.SUPERVISIONS, "late"),
    "answers_due": Part(Source.ANSWERS, "true"),
    "answered": Part(Source.ANSWERS, "answered"),
    "unreachable": Part(Source.ANSWERS, "given_up and not answered"),
    "filed": Part(Source.CASES, "filed"),
    "rightly_filed": Part(Source.CASES, "filed and not_voided"),
    "voided": Part(Source.CASES, "voided"),
    "merged": Part(Source.CASES, "merged"),
    "force_closed": Part(Source.CASES, "forced"),
    "closed": Part(Source.CASES, "closed"),
    "closed_reopened": Part(Source.CASES, "closed_reopened"),
    "reopened": Part(Source.CASES, "reopened"),
    "to_handle": Part(Source.CASES, "to_handle"),
    "to_handle_extended": Part(Source.CASES, "to_handle and extended"),
    "to_handle_suspended": Part(Source.CASES, "to_handle and suspended"),
    "handled": Part(Source.CASES, "to_handle and handled"),
    "handled_in_time": Part(Source.CASES, "to_handle and handled and (exempt or not late)"),
    "handled_late": Part(Source.CASES, "to_handle and handled and late and not exempt"),
    "handled_exempt": Part(Source.CASES, "to_handle and handled and late and exempt"),
    "overdue_open": Part(Source.CASES, "to_handle and not handled and past_due"),
    "fed_back": Part(Source.CASES, "to_handle and fed_back"),
    "fed_back_reworked": Part(Source.CASES, "to_handle and fed_back and reworked"),
    "to_close": Part(Source.CASES, "to_close"),
    "to_close_closed": Part(Source.CASES, "to_close and once_closed"),
    "to_close_in_time": Part(Source.CASES, "to_close and once_closed and (exempt or late is not true)"),
}
"""Every count of :data:`services.assessment.indicators.COUNTS`."""


def counting(source: Source) -> str:
    """The query of all counts of a source, in all and per responsible unit."""
    parts = {name: part.where for name, part in PARTS.items() if part.source is source}
    rows, each = ROWS[source], "1"
    if source is Source.TOLD:  # most facts are alike: they are put together before the conditions are asked
        each = "alike"
        rows = f"""
            select responsible_unit, type, satisfaction, in_time, valid, wrong_dispatch, called, unseen,
                   count(*) as alike
            from ({rows}) as told group by 1, 2, 3, 4, 5, 6, 7, 8"""  # noqa: S608
    columns = ", ".join(
        f"coalesce(sum({each}) filter (where {where}), 0) as {name}" for name, where in parts.items()
    )
    return f"""
        select grouping(responsible_unit) = 1 as whole_city, responsible_unit, {columns}
        from ({rows}) as counted group by grouping sets ((), (responsible_unit))"""  # noqa: S608


def listing(name: str) -> str:
    """The query of the rows behind a count, the newest first, with how many there are in all."""
    part = PARTS[name]
    return f"""
        select case_number, report_number, responsible_unit, at, count(*) over () as total
        from ({ROWS[part.source]}) as counted
        where ({part.where}) and (cast(:unit as text) is null or responsible_unit = :unit)
        order by at desc, case_number, report_number limit :limit offset :offset"""  # noqa: S608
