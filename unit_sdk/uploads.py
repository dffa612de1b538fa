"""Photos go to the centre by HTTP, before the feedback that names them; the door answers a receipt."""

import hashlib
import json
import time
import urllib.error
import urllib.request

TRIES = 6
SECONDS = 30.0


class UploadRefused(RuntimeError):
    """The centre refused a photo; the message says why."""


def upload(photo: bytes, *, url: str, token: str, headers: dict[str, str] | None = None) -> str:
    """Put one photo below ``url`` and answer its receipt.

    The photo is named by its SHA-256, so that a repeat does no harm; while the centre is away the upload
    is tried again, with growing pauses.
    """
    sha256 = hashlib.sha256(photo).hexdigest()
    request = urllib.request.Request(  # noqa: S310
        f"{url}/{sha256}",
        data=photo,
        method="PUT",
        headers={
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/octet-stream",
            **(headers or {}),
        },
    )
    if request.type not in ("http", "https"):
        raise UploadRefused(f"{url} is no address on the web")
    for attempt in range(1, TRIES + 1):
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
                return str(json.load(answer)["receipt"])
        except urllib.error.HTTPError as error:
            if error.code < 500 or attempt == TRIES:
                raise UploadRefused(f"{error.code}: {error.read(2000).decode(errors='replace')}") from error
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            if attempt == TRIES:
                raise
        time.sleep(min(0.25 * 2**attempt, 10))
    raise AssertionError("unreachable")
