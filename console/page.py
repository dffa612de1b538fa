"""The live page (实时页): a few static files, sent with strict rules for the browser."""

import mimetypes
from pathlib import Path

from werkzeug.http import generate_etag
from werkzeug.wrappers import Request, Response

FOLDER = Path(__file__).parent / "static"

# Nothing but our own files; pictures arrive by fetch and are shown as blobs.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # Asked for at every visit, answered with 304 while nothing has changed.
    "Cache-Control": "no-cache",
}


class Page:
    """The files of the page, read once."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}

    def answer(self, name: str, request: Request) -> Response | None:
        """One file, or 304 when the browser has it; None when there is no such file."""
        content = self._files.get(name)
        if content is None:
            return None
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        charset = "; charset=utf-8" if kind.startswith("text/") else ""
        response = Response(content, headers=_HEADERS, content_type=f"{kind}{charset}")
        response.set_etag(generate_etag(content))
        return response.make_conditional(request)
