"""A small city in memory: intake and dispatch, and a post between them that is late and repeats.

Nothing here decides anything of the city: a command calls the stage that a door would call, and a fact goes
through the reader that the service has. The post may hold facts back, deliver them in any order and more than
once; a repeat is dropped by its message id, as the inbox of the chassis does.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from case_contracts import facts as envelopes
from case_contracts.codes import Urgency
from case_contracts.console import AccountOpened
from case_contracts.facts import Fact
from case_contracts.readers import READERS
from case_contracts.roles import Actor, NotAllowed, Role
from chassis.reading import Wait
from handbook import Handbook
from services.dispatch.channels.facts import facts_reader
from services.dispatch.channels.wake_ups import wake_ups
from services.dispatch.domain.outage import Outage
from services.dispatch.domain.refusals import NotYet, Refusal
from services.dispatch.service import CODEC
from services.dispatch.stages import (
    coordination,
    dispatching,
    extension,
    feedback,
    handling,
    outage,
    return_to_intake,
    sending_back,
    suspension,
)
from services.intake import county
from services.intake.domain import refusals
from services.intake.domain.position import Reading
from services.intake.domain.reopening import ReopeningNotPossible
from services.intake.domain.task import Outcome, TaskState
from services.intake.ports import Attachment
from services.intake.stages import (
    closing,
    confirmation,
    examining,
    filing,
    linking,
    merging,
    raising_urgency,
    refiling,
    reopening,
    reporting,
    self_handling,
    surveying,
    verification,
)
from tests.services.dispatch import fakes as dispatch_fakes
from tests.services.intake import intake_fakes

START = datetime.fromisoformat("2020-06-15T08:00:00+08:00")
REFUSED = (
    Refusal,
    refusals.MoveNotAllowed,
    refusals.RuleBroken,
    refusals.NotFound,
    refusals.EvidenceMissing,
    refusals.NoCollectorAvailable,
    refusals.TaskGivenOn,
    ReopeningNotPossible,
    NotAllowed,
)
PHOTO = "b" * 64
UNITS = ("u01", "u04", "u28")


def _person(name: str, role: Role, **more: Any) -> Actor:
    return Actor(person_id=name, roles=frozenset({role}), **more)


OPERATOR = _person("operator-1", Role.INTAKE_OPERATOR)
SUPERVISOR = _person("supervisor-1", Role.SHIFT_SUPERVISOR)
GATEWAY = _person("gateway-1", Role.CHANNEL, channel="wechat")
DISPATCHER = _person("dispatcher-1", Role.DISPATCHER)
COLLECTORS = tuple(_person(f"collector-{number}", Role.COLLECTOR) for number in (1, 2, 3))


def _more_than(urgency: Urgency | None) -> Urgency:
    return Urgency.URGENT if urgency in (None, Urgency.ORDINARY) else Urgency.MAJOR


def worker_of(unit: str) -> Actor:
    """Somebody of a responsible unit."""
    return _person(f"worker-{unit}", Role.RESPONSIBLE_UNIT, responsible_unit=unit)


@dataclass(eq=False)
class Letter:
    """One fact on its way to one service."""

    to: str
    fact: Fact
    time: datetime


@dataclass
class SmallCity:
    """Both services, the post between them, and the clock on the wall."""

    now: datetime = START
    intake: intake_fakes.InMemoryStore = field(default_factory=intake_fakes.InMemoryStore)
    dispatch: dispatch_fakes.InMemoryStore = field(default_factory=dispatch_fakes.InMemoryStore)
    post: list[Letter] = field(default_factory=list)
    read: set[Letter] = field(default_factory=set)
    """The inbox: what has taken effect already."""

    def __post_init__(self) -> None:
        self._posted = {"intake": 0, "dispatch": 0}
        self._wakes = wake_ups(lambda: self.book)
        self._dispatch_reader = facts_reader(CODEC, lambda: self.book, lambda: False)
        with self.intake.transaction() as tx:
            tx.attachments.add(
                Attachment(
                    sha256=PHOTO, media_type="image/jpeg", size=1, uploaded_by="all", uploaded_at=START
                )
            )
        for number, collector in enumerate(COLLECTORS, start=1):
            grid = f"410523Z{number:03}"
            opened = AccountOpened(
                person_id=collector.person_id, roles=("collector",), opened_at=START, responsibility_grid=grid
            )
            self.intake.read(opened, at=START)

    @property
    def book(self) -> Handbook:
        """The county's handbook as it is shipped."""
        return county.handbook(START)

    # What people do: each is one command, refused with an exception of REFUSED or carried out.

    def report(self, by: Actor, *, mended: bool = False) -> None:
        """上报, by a collector, who may have mended it (自处置), or through a channel's gateway."""
        told = reporting.Told(
            description="路面破损",
            address="文王路",
            position=Reading(lon=114.36, lat=35.92),
            photos=(PHOTO,),
            subcategory="I0113",
            after_photos=(PHOTO,) if mended else (),
            self_handled=mended,
        )
        self._intake(lambda tx: reporting.receive_report(tx, self.book, told, at=self.now, by=by))

    def propose(self, number: str) -> None:
        """受理."""
        standard = self.book.standards_of("I0113")[0].id
        proposal = filing.Proposal(subcategory="I0113", filing_standard=standard)
        self._intake(
            lambda tx: filing.propose_filing(tx, self.book, number, proposal, at=self.now, by=OPERATOR)
        )

    def not_accept(self, number: str) -> None:
        """不予受理."""
        self._intake(
            lambda tx: filing.not_accept(tx, number, reason="不属城市管理", at=self.now, by=OPERATOR)
        )

    def judge_it_mended(self, number: str) -> None:
        """自处置有效."""
        self._judge(number, valid=True)

    def judge_it_not_mended(self, number: str) -> None:
        """自处置无效."""
        self._judge(number, valid=False)

    def _judge(self, number: str, *, valid: bool) -> None:
        self._intake(
            lambda tx: self_handling.judge(
                tx, self.book, number, valid=valid, reason="看过照片", at=self.now, by=SUPERVISOR
            )
        )

    def raise_report(self, number: str) -> None:
        """提高轻重缓急, before the filing: by one degree."""
        more = _more_than(self.intake.kept.reports[number].urgency)
        self._intake(
            lambda tx: raising_urgency.raise_report(
                tx, number, urgency=more, reason="群众反映强烈", at=self.now, by=OPERATOR
            )
        )

    def ask_confirmation(self, number: str) -> None:
        """派核实."""
        self._intake(
            lambda tx: confirmation.ask_confirmation(tx, self.book, number, at=self.now, by=OPERATOR)
        )

    def file(self, number: str) -> None:
        """立案."""
        self._intake(lambda tx: filing.file_case(tx, self.book, number, at=self.now, by=SUPERVISOR))

    def decline(self, number: str) -> None:
        """不予立案."""
        self._intake(lambda tx: filing.decline(tx, number, reason="不属实", at=self.now, by=SUPERVISOR))

    def return_for_completion(self, number: str) -> None:
        """退回受理."""
        self._intake(
            lambda tx: filing.return_for_completion(
                tx, self.book, number, reason="位置", at=self.now, by=SUPERVISOR
            )
        )

    def link(self, number: str, case: str) -> None:
        """重复案件."""
        self._intake(lambda tx: linking.link(tx, number, case, at=self.now, by=OPERATOR))

    def find_it_good(self, task_id: str) -> None:
        """属实, or 已解决."""
        self.answer_task(task_id, Outcome.CONFIRMED, Outcome.GONE)

    def find_it_bad(self, task_id: str) -> None:
        """不属实, or 未解决."""
        self.answer_task(task_id, Outcome.DENIED, Outcome.REMAINS)

    def find_it_unclear(self, task_id: str) -> None:
        """无法判断, which is no answer to a confirmation."""
        self.answer_task(task_id, Outcome.UNCLEAR, Outcome.UNCLEAR)

    def answer_task(self, task_id: str, of_report: Outcome, of_case: Outcome) -> None:
        """核实 or 核查 answered by the collector who was sent."""
        task = self.intake.kept.tasks[task_id]
        by = next(one for one in COLLECTORS if one.person_id == task.collector)
        outcome = of_report if task.case_number is None else of_case
        finding = surveying.Finding(outcome=outcome, words="看过了", photos=(PHOTO,))
        self._intake(lambda tx: surveying.answer_task(tx, self.book, task_id, finding, at=self.now, by=by))

    def ask_verification(self, case: str) -> None:
        """派核查."""
        self._intake(lambda tx: verification.ask_verification(tx, self.book, case, at=self.now, by=OPERATOR))

    def verify_again(self, case: str) -> None:
        """再次核查: the photos do not convince."""
        self._intake(
            lambda tx: verification.verify_again(
                tx, self.book, case, reason="角度不同", at=self.now, by=SUPERVISOR
            )
        )

    def raise_case(self, case: str) -> None:
        """提高轻重缓急, after the filing: by one degree."""
        more = _more_than(self.intake.kept.cases[case].urgency)
        self._intake(
            lambda tx: raising_urgency.raise_case(
                tx, case, urgency=more, reason="汛期将至", at=self.now, by=SUPERVISOR
            )
        )

    def close(self, case: str) -> None:
        """结案."""
        self._intake(lambda tx: self._close(tx, case))

    def _close(self, tx: Any, case: str) -> None:
        found = tx.cases.peek(case)
        flags = examining.flags_of_case(tx, self.book, found) if found is not None else []
        seen = [flag.flag_id for flag in flags]
        closing.close_case(tx, self.book, case, flags_seen=seen, at=self.now, by=SUPERVISOR)

    def void(self, case: str) -> None:
        """作废."""
        self._intake(lambda tx: closing.void_case(tx, case, reason="误立", at=self.now, by=SUPERVISOR))

    def send(self, case: str, unit: str = UNITS[0]) -> None:
        """派遣."""
        self._dispatch(
            lambda tx: dispatching.dispatch_case(
                tx, self.book, case, responsible_unit=unit, at=self.now, by=DISPATCHER
            )
        )

    def send_elsewhere(self, case: str) -> None:
        """派遣 to whoever has not had it yet, if there is one."""
        had = self.dispatch.kept.assignments[case].earlier_units
        self.send(case, next((unit for unit in UNITS if unit not in had), UNITS[-1]))

    def sign(self, case: str) -> None:
        """签收, by whoever has the task."""
        by = self._worker(case)
        self._dispatch(lambda tx: handling.sign(tx, case, at=self.now, by=by))

    def send_back(self, case: str) -> None:
        """回退."""
        by = self._worker(case)
        self._dispatch(
            lambda tx: sending_back.send_back(tx, self.book, case, reason="非我职责", at=self.now, by=by)
        )

    def accept_return(self, case: str) -> None:
        """同意回退."""
        self._dispatch(lambda tx: sending_back.accept_return(tx, self.book, case, at=self.now, by=DISPATCHER))

    def refuse_return(self, case: str) -> None:
        """不同意回退."""
        self._dispatch(
            lambda tx: sending_back.refuse_return(
                tx, self.book, case, reason="属你单位", at=self.now, by=DISPATCHER
            )
        )

    def feed_back(self, case: str) -> None:
        """反馈."""
        by = self._worker(case)
        receipt = dispatch_fakes.a_receipt(PHOTO, unit=by.responsible_unit or "", case_number=case)
        self._dispatch(
            lambda tx: feedback.submit_feedback(
                tx, self.book, case, text="已修复", receipts=[receipt], at=self.now, by=by
            )
        )

    def feed_back_signed(self, case: str) -> None:
        """签收 and 反馈."""
        self.sign(case)
        self.feed_back(case)

    # What else may happen to a case.

    def force_close(self, case: str) -> None:
        """强制结案."""
        self._intake(
            lambda tx: closing.force_close(
                tx, case, reason="拆迁", approved_by="局长办公会", at=self.now, by=SUPERVISOR
            )
        )

    def merge(self, case: str) -> None:
        """并案, into the first other case that there is."""
        other = next((number for number in sorted(self.intake.kept.cases) if number != case), case)
        self._intake(lambda tx: merging.merge_case(tx, case, other, at=self.now, by=SUPERVISOR))

    def return_to_intake(self, case: str) -> None:
        """退回受理."""
        self._dispatch(
            lambda tx: return_to_intake.return_to_intake(
                tx, case, reason="小类有误", at=self.now, by=DISPATCHER
            )
        )

    def file_again(self, case: str) -> None:
        """重新立案, under the same number."""
        standard = self.book.standards_of("I0113")[0].id
        proposal = filing.Proposal(subcategory="I0113", filing_standard=standard)
        self._intake(
            lambda tx: refiling.file_again(tx, self.book, case, proposal, at=self.now, by=SUPERVISOR)
        )

    def send_back_unseen(self, case: str) -> None:
        """The feedback is plainly incomplete: back to the unit without a visit."""
        self._intake(
            lambda tx: verification.send_back(
                tx, self.book, case, reason="照片不清", at=self.now, by=OPERATOR
            )
        )

    def decide_responsibility(self, case: str) -> None:
        """确权."""
        self._dispatch(
            lambda tx: coordination.decide_responsibility(
                tx,
                self.book,
                case,
                decision="现场确权",
                responsible_unit=UNITS[0],
                at=self.now,
                by=DISPATCHER,
            )
        )

    def ask_extension(self, case: str) -> None:
        """申请延期."""
        by = self._worker(case)
        self._dispatch(
            lambda tx: extension.ask_extension(tx, self.book, case, reason="材料未到", at=self.now, by=by)
        )

    def grant_extension(self, case: str) -> None:
        """同意延期, the second time by the shift supervisor."""
        by = self._decides_extension(case)
        self._dispatch(lambda tx: extension.grant_extension(tx, self.book, case, at=self.now, by=by))

    def refuse_extension(self, case: str) -> None:
        """不同意延期."""
        by = self._decides_extension(case)
        self._dispatch(lambda tx: extension.refuse_extension(tx, case, reason="材料已到", at=self.now, by=by))

    def _decides_extension(self, case: str) -> Actor:
        assignment = self.dispatch.kept.assignments.get(case)
        return SUPERVISOR if assignment and assignment.extensions_granted else DISPATCHER

    def ask_suspension(self, case: str) -> None:
        """申请挂账 for ten days."""
        by = self._worker(case)
        until = self.now + timedelta(days=10)
        self._dispatch(
            lambda tx: suspension.ask_suspension(
                tx, self.book, case, reason="季节", until_at=until, at=self.now, by=by
            )
        )

    def grant_suspension(self, case: str) -> None:
        """同意挂账."""
        self._dispatch(
            lambda tx: suspension.grant_suspension(tx, self.book, case, at=self.now, by=SUPERVISOR)
        )

    def refuse_suspension(self, case: str) -> None:
        """不同意挂账."""
        self._dispatch(
            lambda tx: suspension.refuse_suspension(tx, case, reason="尚可施工", at=self.now, by=SUPERVISOR)
        )

    def resume(self, case: str) -> None:
        """恢复处置."""
        by = self._worker(case)
        self._dispatch(lambda tx: suspension.resume(tx, self.book, case, at=self.now, by=by))

    def be_dissatisfied(self, case: str) -> None:
        """The one who reported it says that it is not gone."""
        number = self.intake.kept.cases[case].report_number
        self._intake(
            lambda tx: reopening.ask_reopening(tx, self.book, number, words="没修好", at=self.now, by=GATEWAY)
        )

    def reopen(self, case: str) -> None:
        """重新处置."""
        self._intake(
            lambda tx: reopening.reopen(tx, self.book, case, reason="属实", at=self.now, by=SUPERVISOR)
        )

    def decline_reopening(self, case: str) -> None:
        """不予重新处置."""
        self._intake(
            lambda tx: reopening.decline_reopening(tx, case, reason="已解决", at=self.now, by=SUPERVISOR)
        )

    def credit_outage(self, minutes: int) -> Outage:
        """补时: so long did the system not work, until now; every time by somebody else."""
        by = _person(f"operations-{len(self.dispatch.kept.outages)}", Role.OPERATIONS)
        with self.dispatch.transaction() as tx:
            logged = outage.credit_outage(
                tx,
                self.book,
                outage_from=self.now - timedelta(minutes=minutes),
                outage_until=self.now,
                reason="机房停电",
                at=self.now,
                by=by,
            )
        self._collect()
        return logged

    # What the post and the clock do.

    def deliver(self, letter: Letter, *, again: bool = False) -> None:
        """One letter arrives; with ``again`` it stays in the post and will come once more."""
        if not again:
            self.post.remove(letter)
        if letter in self.read:
            return
        self.read.add(letter)
        if letter.to == "intake":
            self.intake.read(letter.fact, at=self.now)
        else:
            self.dispatch.receive(self._reading(letter))
        self._collect()

    def deliver_all(self) -> None:
        """Everything that is on its way arrives, and what it causes."""
        while self.post:
            self.deliver(self.post[0])

    def wait(self, minutes: int) -> None:
        """Time passes; what each service is to be woken for happens in the order of time."""
        self.now += timedelta(minutes=minutes)
        self.intake.pass_time(self.now)
        while due := sorted(
            (when, key) for key, (when, _) in self.dispatch.wakes().items() if when <= self.now
        ):
            when, (kind, subject) = due[0]
            _, payload = self.dispatch.wakes()[kind, subject]
            with self.dispatch.transaction() as tx:
                tx.cancel_wake(kind, subject)
                self._wakes.call(SimpleNamespace(bound=tx), kind, subject, payload, at=when)
        self._collect()

    # What can be seen.

    def open_tasks(self) -> list[str]:
        """Errands that a collector still has to do."""
        return sorted(key for key, task in self.intake.kept.tasks.items() if task.state is TaskState.OPEN)

    def _worker(self, case: str) -> Actor:
        assignment = self.dispatch.kept.assignments.get(case)
        return worker_of((assignment.responsible_unit if assignment else None) or UNITS[0])

    def _reading(self, letter: Letter) -> Callable[[Any], None]:
        sealed = envelopes.seal(letter.fact, id="m", time=self.now, sequence=1)

        def apply(tx: Any) -> None:
            try:
                self._dispatch_reader.apply(tx, sealed, at=sealed.time)
            except Wait as early:
                raise NotYet(early.key) from early

        return apply

    def _intake(self, command: Callable[[Any], object]) -> None:
        with self.intake.transaction() as tx:
            command(tx)
        self._collect()

    def _dispatch(self, command: Callable[[Any], object]) -> None:
        with self.dispatch.transaction() as tx:
            command(tx)
        self._collect()

    def _collect(self) -> None:
        for sender, store in (("intake", self.intake), ("dispatch", self.dispatch)):
            announced = store.kept.announced
            for fact in announced[self._posted[sender] :]:
                for reader in ("intake", "dispatch"):
                    if (fact.sender, fact.name) in READERS[reader]:
                        self.post.append(Letter(reader, fact, self.now))
            self._posted[sender] = len(announced)
