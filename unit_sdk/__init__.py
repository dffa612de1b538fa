"""What a responsible unit (责任单位) installs: receive tasks from its queue, sign, send back, feed back."""

from case_contracts.units import (
    RequestAccepted,
    RequestRefused,
    ReturnDecided,
    Task,
    TaskWithdrawn,
)
from unit_sdk.client import AccessDenied, Message, UnitClient
from unit_sdk.uploads import UploadRefused

__all__ = [
    "AccessDenied",
    "Message",
    "RequestAccepted",
    "RequestRefused",
    "ReturnDecided",
    "Task",
    "TaskWithdrawn",
    "UnitClient",
    "UploadRefused",
]
