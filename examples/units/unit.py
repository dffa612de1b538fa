"""One simulated responsible unit: a client of the SDK, a diary of what is still to do, and a temper."""

import heapq
import itertools
import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from examples.units.photos import after_photo
from examples.units.temper import Temper
from examples.units.wishes import Wish, until_at, wish_of
from unit_sdk import (
    ExtensionDecided,
    Feedback,
    RequestRefused,
    ReturnDecided,
    SdkError,
    Sign,
    SupervisionOrder,
    SuspensionDecided,
    Task,
    TaskResumed,
    TaskWithdrawn,
    UnitClient,
    UploadRefused,
)

log = logging.getLogger("units")

Key = tuple[str, int, int]
SIGNED_AFTER = timedelta(minutes=20)
SENT_BACK_SHARE = 0.08
LATE_BY = (1.05, 1.4)
IN_TIME = (0.1, 0.7)
AGAIN = 2.0
"""Seconds until something that could not be said is said again."""


@dataclass(frozen=True)
class Step:
    """One thing to be done about a task."""

    words: str
    task: Task
    do: Callable[[Task], Any]


class SimulatedUnit:
    """Everything that one unit does; ``speed`` is how many seconds of the city pass in one of ours."""

    def __init__(
        self, client: UnitClient, temper: Temper, *, speed: float, seed: int, wishes: bool = False
    ) -> None:
        self.client = client
        self.temper = temper
        self._speed = speed
        self._seed = seed
        self._wishes = wishes
        self._tasks: dict[Key, Task] = {}
        self._diary: list[tuple[float, int, Step]] = []
        self._serial = itertools.count()
        self._changed = threading.Condition()
        self._stopping = False
        self._worker = threading.Thread(target=self._work, name=f"unit {client.code} hands", daemon=True)
        client.on(Task)(self._on_task)
        client.on(TaskWithdrawn)(self._on_withdrawn)
        client.on(ReturnDecided)(self._on_return_decided)
        client.on(ExtensionDecided)(self._on_extension_decided)
        client.on(SuspensionDecided)(self._on_suspension_decided)
        client.on(TaskResumed)(self._on_resumed)
        client.on(SupervisionOrder)(self._on_order)
        client.on(RequestRefused)(self._on_refused)

    def start(self) -> None:
        """Connect, ask for everything that is open (this unit keeps nothing on disk), and begin."""
        self.client.start()
        self._worker.start()

    def stop(self) -> None:
        """Leave; what is not done is still in the centre's books."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self.client.stop()
        self._worker.join()

    # --- what the centre says -------------------------------------------------------------------------------

    def _on_task(self, task: Task) -> None:
        key = _key(task)
        with self._changed:
            if key in self._tasks:
                return
            self._tasks[key] = task
        self._say(f"收到{'返工' if task.round > 1 else ''}任务", task)
        if self.temper is not Temper.SILENT:
            self._plan(task)

    def _on_withdrawn(self, withdrawn: TaskWithdrawn) -> None:
        self._forget(withdrawn.case_number)
        log.info("%s 任务撤回 %s：%s", self.client.code, withdrawn.case_number, withdrawn.reason)

    def _on_return_decided(self, decided: ReturnDecided) -> None:
        key = (decided.case_number, decided.round, decided.dispatch_number)
        task = self._tasks.get(key)
        if decided.accepted:
            self._forget(decided.case_number)
        elif task is not None:
            self._later(self._share_of_limit(task, IN_TIME), Step("反馈", task, self._feed_back))
        log.info("%s 回退%s %s", self.client.code, _word(decided.accepted), decided.case_number)

    def _on_extension_decided(self, decided: ExtensionDecided) -> None:
        log.info("%s 延期%s %s", self.client.code, _word(decided.accepted), decided.case_number)

    def _on_suspension_decided(self, decided: SuspensionDecided) -> None:
        log.info("%s 挂账%s %s", self.client.code, _word(decided.accepted), decided.case_number)
        task = self._tasks.get((decided.case_number, decided.round, decided.dispatch_number))
        if task is None:
            return
        if decided.accepted:
            self._later(self._share_of_limit(task, IN_TIME), Step("恢复处置", task, self.client.resume))
        else:
            self._later(0, Step("反馈", task, self._feed_back))

    def _on_resumed(self, resumed: TaskResumed) -> None:
        task = self._tasks.get((resumed.case_number, resumed.round, resumed.dispatch_number))
        if task is not None:
            self._later(self._share_of_limit(task, IN_TIME), Step("反馈", task, self._feed_back))

    def _on_order(self, order: SupervisionOrder) -> None:
        log.info("%s 收到督办 %s：%s", self.client.code, order.case_number, order.words)
        if self.temper is not Temper.SILENT:
            self.client.reply(order, "已安排人员处置，完成后立即反馈")

    def _on_refused(self, refused: RequestRefused) -> None:
        log.info(
            "%s 未接收 %s %s：%s %s",
            self.client.code,
            refused.case_number,
            refused.request,
            refused.field,
            refused.reason,
        )
        if refused.request == "ask_suspension":
            for task in [task for task in self._tasks.values() if task.case_number == refused.case_number]:
                self._later(0, Step("反馈", task, self._feed_back))

    # --- what the unit does ---------------------------------------------------------------------------------

    def _plan(self, task: Task) -> None:
        signed_after = self._seconds(SIGNED_AFTER) * self._chance(task).uniform(0.2, 1.0)
        first = task.round == 1 and task.dispatch_number == 1
        if self.temper is Temper.WELL and first and self._chance(task).random() < SENT_BACK_SHARE:
            self._later(signed_after, Step("回退", task, self._send_back))
            return
        if task.round == 1:
            self._later(signed_after, Step("签收", task, self._sign))
        wish = wish_of(self._chance(task)) if self._wishes and first and self._asks_well else None
        if wish is Wish.SUSPENSION:
            # Fed back when it goes on again, or when the wish is refused.
            self._later(signed_after, Step("申请挂账", task, self._ask_suspension))
            return
        if wish is Wish.EXTENSION:
            self._later(signed_after, Step("申请延期", task, self._ask_extension))
        span = LATE_BY if self.temper is Temper.LATE else IN_TIME
        fed_back_after = max(self._share_of_limit(task, span), signed_after)
        if self.temper is Temper.BADLY:
            self._later(fed_back_after, Step("格式错误的反馈", task, self._feed_back_malformed))
            self._later(fed_back_after, Step("轮次错误的反馈", task, self._feed_back_wrong_round))
            self._later(fed_back_after, Step("没有照片的反馈", task, self._feed_back_without_photo))
        self._later(fed_back_after, Step("反馈", task, self._feed_back))

    def _sign(self, task: Task) -> None:
        signed = Sign(**_about(task))
        message_id = self.client.say(signed)
        if self.temper is Temper.TWICE:
            self.client.say(signed, message_id=message_id)

    @property
    def _asks_well(self) -> bool:
        return self.temper in (Temper.WELL, Temper.LATE)

    def _ask_extension(self, task: Task) -> None:
        self.client.ask_extension(task, "材料未到，须延长处置时间")

    def _ask_suspension(self, task: Task) -> None:
        self.client.ask_suspension(task, "须待施工季节", until_at=until_at(task))

    def _send_back(self, task: Task) -> None:
        self.client.send_back(task, "经现场查看，不属于本单位职责范围")

    def _feed_back(self, task: Task) -> None:
        receipt = self.client.upload(task, self._photo(task))
        said = Feedback(**_about(task), text="已按要求处置完毕，现场已恢复", receipts=(receipt,))
        message_id = self.client.say(said)
        if self.temper is Temper.TWICE:
            self.client.say(said, message_id=message_id)

    def _feed_back_malformed(self, task: Task) -> None:
        said: Any = Feedback(**_about(task), text="已处置", receipts=("回执",))
        self.client.say(replace(said, round="一"))

    def _feed_back_wrong_round(self, task: Task) -> None:
        receipt = self.client.upload(task, self._photo(task))
        said = Feedback(**_about(task), text="已处置", receipts=(receipt,))
        self.client.say(replace(said, round=task.round + 7))

    def _feed_back_without_photo(self, task: Task) -> None:
        self.client.say(Feedback(**_about(task), text="已处置", receipts=()))

    def _photo(self, task: Task) -> bytes:
        return after_photo(f"{self._seed} {task.case_number} {task.round}")

    # --- the diary ------------------------------------------------------------------------------------------

    def _later(self, seconds: float, step: Step) -> None:
        with self._changed:
            heapq.heappush(self._diary, (time.monotonic() + seconds, next(self._serial), step))
            self._changed.notify()

    def _work(self) -> None:
        self._ask_for_everything()
        while (step := self._next()) is not None:
            if _key(step.task) not in self._tasks:
                continue
            try:
                step.do(step.task)
                self._say(step.words, step.task)
            except UploadRefused as refused:
                # The round is over or the case was voided: the centre has said so, or will.
                self._say(f"照片被拒收（{refused.reason}）", step.task)
            except SdkError as error:
                if not self._stopping:
                    log.warning("%s %s：%s", self.client.code, step.words, error)
                    self._later(AGAIN, step)

    def _ask_for_everything(self) -> None:
        while not self._stopping:
            try:
                self.client.resync()
            except SdkError as error:
                if self.client.failure is not None or self._stopping:
                    log.error("%s 退出：%s", self.client.code, error)
                    return
                log.warning("%s 重新同步：%s", self.client.code, error)
            else:
                return

    def _next(self) -> Step | None:
        """The next step when its time has come; None when the unit stops."""
        with self._changed:
            while not self._stopping:
                wait = self._diary[0][0] - time.monotonic() if self._diary else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._diary)[2]
                self._changed.wait(wait)
        return None

    def _forget(self, case_number: str) -> None:
        with self._changed:
            for key in [key for key in self._tasks if key[0] == case_number]:
                del self._tasks[key]

    def _share_of_limit(self, task: Task, span: tuple[float, float]) -> float:
        whole = self._seconds(task.due_at - task.dispatched_at)
        return whole * self._chance(task).uniform(*span)

    def _seconds(self, span: timedelta) -> float:
        return max(span.total_seconds(), 0) / self._speed

    def _chance(self, task: Task) -> random.Random:
        return random.Random(f"{self._seed}/{task.case_number}/{task.round}")

    def _say(self, words: str, task: Task) -> None:
        log.info("%s %s %s 第%s轮 %s", self.client.code, words, task.case_number, task.round, task.address)


def _word(accepted: bool) -> str:
    return "同意" if accepted else "未同意"


def _key(task: Task) -> Key:
    return task.case_number, task.round, task.dispatch_number


def _about(task: Task) -> dict[str, Any]:
    return {
        "case_number": task.case_number,
        "round": task.round,
        "dispatch_number": task.dispatch_number,
        "responsible_unit": task.responsible_unit,
    }
