"""The page: files that are read when they are asked for, so that no cold start pays for them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from urllib.parse import quote

from coldopen.http.message import Reply, Request

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
HEADERS = {"Referrer-Policy": "no-referrer", "Cache-Control": "public, max-age=300"}
"""What comes with whatever a browser shows, beside a policy of its own."""


def static_reply(request: Request) -> Reply:
    """A file of the page: that of the route, `/` or the name of a file in the page's folder.

    `/prod` and `/prod/` are both the page, and from the first a browser would look for the other files one level too
    high. A client that has the file already, by its If-None-Match header, is told so (RFC 9110, section 13.1.2).
    """
    file = _FOLDER / (request.route.removeprefix("/") or "index.html")
    body = file.read_text(encoding="utf-8")
    if request.route == "/" and not request.asked_path.endswith("/"):
        folder = quote(request.asked_path.rpartition("/")[2])
        body = body.replace('="page.', f'="{folder}/page.')
    tag = f'"{hashlib.sha256(body.encode()).hexdigest()[:16]}"'
    known = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    headers = {**HEADERS, "Content-Security-Policy": _POLICY, "ETag": tag}
    if known & {tag, "*"}:
        return Reply(304, content_type="", headers=headers)
    return Reply(200, body, _TYPES[file.suffix], headers)
