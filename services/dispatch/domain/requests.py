"""What a unit has asked for (申请) and nobody has decided yet."""

from dataclasses import dataclass
from datetime import datetime

from case_contracts.roles import Role
from handbook.calling import CallingClock


@dataclass(frozen=True, kw_only=True)
class Request:
    """申请待审: what is asked, and who was called because nobody decides it."""

    reason: str
    asked_at: datetime
    clock: CallingClock | None = None
    """审批时限; None for what was asked before there was one."""

    @property
    def about(self) -> str:
        """What is asked for, as the fact of its escalation says."""
        raise NotImplementedError

    @property
    def chinese(self) -> str:
        """What a clerk reads."""
        raise NotImplementedError

    @property
    def posts(self) -> tuple[Role, ...]:
        """逐级上报: who is called, in turn, above the post that decides."""
        return (Role.LEADER,)

    @property
    def called(self) -> Role | None:
        """Who was called because nobody decides it."""
        return None if self.clock is None else self.clock.called

    @property
    def calls_at(self) -> datetime | None:
        """When somebody is called, if nobody decides it until then."""
        return None if self.clock is None else self.clock.calls_at


@dataclass(frozen=True, kw_only=True)
class ExtensionRequest(Request):
    """申请延期: one more original limit."""

    count: int
    """Which extension of the case it would be."""

    @property
    def about(self) -> str:
        return "extension"

    @property
    def chinese(self) -> str:
        return "延期申请"

    @property
    def posts(self) -> tuple[Role, ...]:
        """The first is the dispatcher's to decide, every other the shift supervisor's."""
        return (Role.SHIFT_SUPERVISOR, Role.LEADER) if self.count == 1 else (Role.LEADER,)


@dataclass(frozen=True, kw_only=True)
class SuspensionRequest(Request):
    """申请挂账: let the task rest until a day."""

    until_at: datetime
    photos: tuple[str, ...] = ()
    """SHA-256 of photos that show why."""

    @property
    def about(self) -> str:
        return "suspension"

    @property
    def chinese(self) -> str:
        return "挂账申请"
