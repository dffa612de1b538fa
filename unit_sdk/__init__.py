"""What a responsible unit (责任单位) installs: tasks come in; signatures, returns, feedback go out."""

from case_contracts.units import (
    Feedback,
    RequestAccepted,
    RequestRefused,
    Resync,
    ReturnDecided,
    SendBack,
    Sign,
    Task,
    TaskWithdrawn,
)
from unit_sdk.client import Message, UnitClient
from unit_sdk.errors import AccessRefused, NotSent, SdkError, UploadFailed, UploadRefused
from unit_sdk.parking import Parked

__all__ = [
    "AccessRefused",
    "Feedback",
    "Message",
    "NotSent",
    "Parked",
    "RequestAccepted",
    "RequestRefused",
    "Resync",
    "ReturnDecided",
    "SdkError",
    "SendBack",
    "Sign",
    "Task",
    "TaskWithdrawn",
    "UnitClient",
    "UploadFailed",
    "UploadRefused",
]
