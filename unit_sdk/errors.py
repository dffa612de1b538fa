"""What can go wrong between a unit and the centre, in words that the unit's operator can act on."""


class SdkError(Exception):
    """Base of everything that this package raises."""


class AccessRefused(SdkError):
    """拒绝访问: the account, its password or its rights are not accepted; trying again does not help."""


class NotSent(SdkError):
    """未送达: the centre did not confirm the message; it may be said again."""


class UploadRefused(SdkError):
    """拒收照片: the centre does not take this photo, and says why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status}: {reason}")
        self.status = status
        self.reason = reason


class UploadFailed(SdkError):
    """上传失败: the centre could not be reached, or was not well, for all tries."""
