"""What happens to one case, as a city tells it: each stage of dispatch in a transaction of its own."""

from case_contracts.codes import Urgency
from services.dispatch.domain.assignment import Assignment, Turn
from services.dispatch.domain.supervision_order import SupervisionOrder
from services.dispatch.ports import WorkListFilter
from services.dispatch.stages import (
    completion,
    coordination,
    dispatching,
    extension,
    feedback,
    handling,
    outage,
    reopening,
    return_to_intake,
    rework,
    sending_back,
    supervision_order,
    suspension,
    urgency,
    urging,
    watching,
    withdrawal,
    work_lists,
)
from tests.services.dispatch.fakes import (
    CASE,
    DISPATCHER,
    OPERATIONS,
    SUPERVISOR,
    SmallHandbook,
    a_closed_case,
    a_failed_verification,
    a_filed_case,
    a_force_closed_case,
    a_merged_case,
    a_passed_verification,
    a_raised_urgency,
    a_receipt,
    a_reopened_case,
    a_voided_case,
    at,
    worker_of,
)

BOOK = SmallHandbook()
WORKER = worker_of("u04")
DISPATCHED = at("06-15 08:37")


class City:
    """What happens to one case, each step in a transaction of its own."""

    def __init__(self, store) -> None:
        self.store = store

    def file(self, *, automatic: bool = False, book=BOOK, moment=None, **changes) -> None:
        with self.store.transaction() as tx:
            dispatching.open_assignment(
                tx, book, a_filed_case(**changes), at=moment or at("06-15 08:30"), automatic=automatic
            )

    def dispatch(self, unit: str = "u04", moment=DISPATCHED, by=DISPATCHER, **more):
        with self.store.transaction() as tx:
            return dispatching.dispatch_case(tx, BOOK, CASE, responsible_unit=unit, at=moment, by=by, **more)

    def sign(self, moment=None, by=WORKER, turn=None) -> None:
        with self.store.transaction() as tx:
            handling.sign(tx, CASE, turn=turn, at=moment or at("06-15 09:00"), by=by)

    def send_back(self, moment=None, by=WORKER, reason="不属于本单位", turn=None) -> None:
        with self.store.transaction() as tx:
            sending_back.send_back(
                tx, BOOK, CASE, reason=reason, turn=turn, at=moment or at("06-15 09:37"), by=by
            )

    def accept_return(self, moment=None, by=DISPATCHER) -> None:
        with self.store.transaction() as tx:
            sending_back.accept_return(tx, BOOK, CASE, at=moment or at("06-15 10:00"), by=by)

    def refuse_return(self, moment=None, by=DISPATCHER, reason="属于贵单位职责") -> None:
        with self.store.transaction() as tx:
            sending_back.refuse_return(tx, BOOK, CASE, reason=reason, at=moment or at("06-15 11:37"), by=by)

    def feed_back(self, moment=None, by=WORKER, text="已修复", receipts=None, turn=None) -> None:
        with self.store.transaction() as tx:
            feedback.submit_feedback(
                tx,
                BOOK,
                CASE,
                text=text,
                receipts=[a_receipt()] if receipts is None else receipts,
                turn=turn,
                at=moment or at("06-16 10:00"),
                by=by,
            )

    def fail_verification(self, round: int = 2, moment=None) -> bool:
        fact = a_failed_verification(round)
        return self.store.receive(
            lambda tx: rework.order_rework(tx, BOOK, fact, at=moment or at("06-17 09:00"))
        )

    def pass_verification(self) -> bool:
        fact = a_passed_verification()
        return self.store.receive(lambda tx: completion.note_verification(tx, fact, at=at("06-17 09:00")))

    def close(self, round: int = 1) -> bool:
        fact = a_closed_case(round)
        return self.store.receive(lambda tx: completion.finish(tx, fact, at=at("06-17 10:00")))

    def void(self, round: int = 1) -> bool:
        fact = a_voided_case(round)
        return self.store.receive(lambda tx: withdrawal.withdraw_task(tx, fact, at=at("06-17 11:00")))

    def force_close(self, round: int = 1) -> bool:
        fact = a_force_closed_case(round)
        return self.store.receive(lambda tx: withdrawal.withdraw_task(tx, fact, at=at("06-17 11:00")))

    def merge(self, round: int = 1) -> bool:
        fact = a_merged_case(round)
        return self.store.receive(lambda tx: withdrawal.withdraw_task(tx, fact, at=at("06-17 11:00")))

    def reopen(self, round: int = 2, moment=None) -> bool:
        fact = a_reopened_case(round)
        return self.store.receive(
            lambda tx: reopening.reopen_case(tx, BOOK, fact, at=moment or at("06-18 09:00"))
        )

    def raise_urgency(self, to: Urgency = Urgency.URGENT, moment=None, round: int = 1) -> bool:
        fact = a_raised_urgency(to, round)
        return self.store.receive(lambda tx: urgency.raise_urgency(tx, fact, at=moment or at("06-15 09:10")))

    def ask_extension(self, moment=None, by=WORKER, reason="需等材料到货", turn=None) -> None:
        with self.store.transaction() as tx:
            extension.ask_extension(
                tx, BOOK, CASE, reason=reason, turn=turn, at=moment or at("06-16 09:00"), by=by
            )

    def grant_extension(self, moment=None, by=DISPATCHER) -> None:
        with self.store.transaction() as tx:
            extension.grant_extension(tx, BOOK, CASE, at=moment or at("06-16 10:00"), by=by)

    def refuse_extension(self, moment=None, by=DISPATCHER, reason="时限足够") -> None:
        with self.store.transaction() as tx:
            extension.refuse_extension(tx, CASE, reason=reason, at=moment or at("06-16 10:00"), by=by)

    def ask_suspension(
        self, until=None, moment=None, by=WORKER, reason="待开春补植", turn=None, receipts=()
    ) -> None:
        with self.store.transaction() as tx:
            suspension.ask_suspension(
                tx,
                BOOK,
                CASE,
                reason=reason,
                until_at=until or at("09-01 08:00"),
                receipts=receipts,
                turn=turn,
                at=moment or at("06-16 09:00"),
                by=by,
            )

    def grant_suspension(self, moment=None, by=SUPERVISOR) -> None:
        with self.store.transaction() as tx:
            suspension.grant_suspension(tx, BOOK, CASE, at=moment or at("06-16 10:00"), by=by)

    def refuse_suspension(self, moment=None, by=SUPERVISOR, reason="现在即可处置") -> None:
        with self.store.transaction() as tx:
            suspension.refuse_suspension(tx, CASE, reason=reason, at=moment or at("06-16 10:00"), by=by)

    def suspend(self, until=None) -> None:
        self.ask_suspension(until)
        self.grant_suspension()

    def resume(self, moment=None, by=WORKER, turn=None) -> None:
        with self.store.transaction() as tx:
            suspension.resume(tx, BOOK, CASE, turn=turn, at=moment or at("06-22 08:00"), by=by)

    def return_to_intake(self, moment=None, by=DISPATCHER, reason="小类有误，应为井盖破损") -> None:
        with self.store.transaction() as tx:
            return_to_intake.return_to_intake(tx, CASE, reason=reason, at=moment or at("06-15 08:40"), by=by)

    def file_anew(self, round: int = 2, *, automatic: bool = False, **changes) -> bool:
        fact = a_filed_case(round=round, **changes)
        return self.store.receive(
            lambda tx: dispatching.open_assignment(tx, BOOK, fact, at=at("06-15 14:00"), automatic=automatic)
        )

    def come_back_twice(self) -> None:
        """Two units say that it is not theirs, and the dispatcher agrees with both."""
        self.dispatch("u04")
        self.send_back()
        self.accept_return()
        self.dispatch("u02", at("06-15 10:10"))
        self.send_back(at("06-15 10:30"), by=worker_of("u02"))
        self.accept_return(at("06-15 10:40"))

    def decide(self, unit: str | None = "u01", moment=None, by=DISPATCHER, **more):
        more = {"decision": "现场确权会议纪要：由单位u01负责"} | more
        with self.store.transaction() as tx:
            return coordination.decide_responsibility(
                tx, BOOK, CASE, responsible_unit=unit, at=moment or at("06-15 16:00"), by=by, **more
            )

    def urge(self, words="请尽快处置", moment=None, by=SUPERVISOR) -> None:
        with self.store.transaction() as tx:
            urging.urge_unit(tx, CASE, words=words, at=moment or at("06-16 09:00"), by=by)

    def order_supervision(self, words="请说明进展", moment=None, by=SUPERVISOR, kind=None) -> None:
        with self.store.transaction() as tx:
            supervision_order.order_supervision(
                tx, BOOK, CASE, words=words, kind=kind, at=moment or at("06-16 09:00"), by=by
            )

    def reply(self, order: str = f"{CASE}-S1", text="已安排抢修", moment=None, by=WORKER, **more) -> None:
        with self.store.transaction() as tx:
            supervision_order.reply(tx, order, text=text, at=moment or at("06-16 11:00"), by=by, **more)

    def credit_outage(self, begins, ends, moment=None, by=OPERATIONS, reason="机房停电"):
        with self.store.transaction() as tx:
            return outage.credit_outage(
                tx,
                BOOK,
                outage_from=begins,
                outage_until=ends,
                reason=reason,
                at=moment or at("06-16 18:00"),
                by=by,
            )

    def wake(self, moment) -> None:
        """Whatever is due by then happens at its own time, in order."""
        while due := sorted(
            (due_at, kind, subject, payload)
            for (kind, subject), (due_at, payload) in self.store.wakes().items()
            if due_at <= moment
        ):
            due_at, kind, subject, payload = due[0]
            with self.store.transaction() as tx:
                tx.cancel_wake(kind, subject)
                if kind == "task_resend":
                    handling.resend_unsigned(tx, BOOK, subject, Turn(**payload), at=due_at)
                elif kind == "watch":
                    watching.look(tx, BOOK, subject, at=due_at)
                else:
                    assert kind == "supervision_reply_due"
                    supervision_order.reply_was_due(tx, subject, at=due_at)

    def seen(self, moment, by=DISPATCHER, **wanted) -> list[work_lists.Seen]:
        """A work list."""
        with self.store.transaction() as tx:
            return work_lists.page(tx, BOOK, WorkListFilter(**wanted), after=None, limit=50, at=moment, by=by)

    def orders(self, by=DISPATCHER, **wanted) -> list[SupervisionOrder]:
        """The list of supervision orders."""
        with self.store.transaction() as tx:
            return supervision_order.page(tx, limit=50, by=by, **wanted)

    def messages(self, kind: type) -> list:
        """What the units were told of one kind."""
        return [told.message for told in self.store.told() if isinstance(told.message, kind)]

    def published(self, kind: type) -> list:
        """The facts of one kind."""
        return [fact for fact in self.store.published() if isinstance(fact, kind)]

    @property
    def assignment(self) -> Assignment:
        with self.store.transaction() as tx:
            return tx.assignments.get(CASE)

    @property
    def facts(self) -> list[type]:
        return [type(fact) for fact in self.store.published()]

    @property
    def last_told(self):
        return self.store.told()[-1]

    @property
    def actions(self) -> list[tuple[str, str, str]]:
        with self.store.transaction() as tx:
            return [(one.action, one.from_state, one.to_state) for one in tx.flow.of(CASE)]
