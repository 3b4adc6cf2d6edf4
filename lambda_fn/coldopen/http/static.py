"""The page: files that are read when they are asked for, so that no cold start pays for them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from urllib.parse import quote

from coldopen.http.replies import Reply
from coldopen.http.resolver import Response

_FOLDER = Path(__file__).with_name("page")
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "public, max-age=300",
}


def static_reply(path: str, asked_path: str, if_none_match: str) -> Reply:
    """A file of the page.

    Args:
        path: a route of the page: `/`, or the name of a file in its folder.
        asked_path: the path as the client asked for it, a stage or a base path before it. `/prod` and `/prod/` are both
            the page, and from the first a browser would look for the other files one level too high.
        if_none_match: the header, empty if there is none: what the client has already (RFC 9110, section 13.1.2).
    """
    file = _FOLDER / (path.removeprefix("/") or "index.html")
    body = file.read_text(encoding="utf-8")
    if path == "/" and not asked_path.endswith("/"):
        folder = quote(asked_path.rpartition("/")[2])
        body = body.replace('="page.', f'="{folder}/page.')
    tag = f'"{hashlib.sha256(body.encode()).hexdigest()[:16]}"'
    known = {each.strip().removeprefix("W/") for each in if_none_match.split(",")}
    headers = {**_HEADERS, "ETag": tag}
    if known & {tag, "*"}:
        return Response(status_code=304, body="", headers=headers)
    return Response(status_code=200, content_type=_TYPES[file.suffix], body=body, headers=headers)
