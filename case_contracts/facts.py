"""What a fact is: something a service says has happened, frozen, flat and in the past tense."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from case_contracts import wire

FACTS: dict[tuple[str, str], type["Fact"]] = {}
"""Every fact by (sender, name); filled by the sender's modules when they are imported."""


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Base of all facts.

    A subclass stands in the module of its sender and names its deciding aggregate::

        class CaseClosed(Fact, subject="case/{case_number}"): ...

    ``sender`` is the module's name, ``name`` the class's in snake case: exchange ``<sender>.events``,
    routing key ``<name>``.
    """

    sender: ClassVar[str]
    name: ClassVar[str]
    subject_template: ClassVar[str]

    def __init_subclass__(cls, *, subject: str) -> None:
        super().__init_subclass__()
        cls.sender = cls.__module__.rsplit(".", 1)[-1]
        cls.name = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        cls.subject_template = subject
        FACTS[(cls.sender, cls.name)] = cls

    @property
    def subject(self) -> str:
        """The aggregate that decided this fact, such as ``case/4105232020061500001``."""
        return self.subject_template.format_map(vars(self))


def seal(fact: Fact, *, id: str, time: datetime, sequence: int, traceparent: str = "") -> wire.Envelope:
    """Put a fact into its envelope."""
    return wire.Envelope(
        id=id,
        source=fact.sender,
        type=fact.name,
        time=time,
        subject=fact.subject,
        sequence=sequence,
        traceparent=traceparent,
        data=wire.pack(fact),
    )


def unseal(envelope: wire.Envelope) -> Fact | None:
    """The fact in an envelope; None when this release does not know its type yet.

    Raises :class:`wire.Malformed` when the data do not fit the fact.
    """
    kind = FACTS.get((envelope.source, envelope.type))
    return None if kind is None else wire.unpack(kind, envelope.data)
