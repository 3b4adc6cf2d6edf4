"""Mails and pages saved as one file (.eml, .mht): the longest text in them, by the standard library."""

from __future__ import annotations

import email
import email.policy
import re

_FIELD = re.compile(rb"[A-Za-z-]+:[ \t]")
_TELLS = re.compile(rb"(?:MIME-Version|Content-Type|Content-Transfer-Encoding):[ \t]*[\w/]", re.IGNORECASE)


def text_of_mail(data: bytes) -> bytes | None:
    """The bytes of the longest part that is text, HTML before plain text; None if it is no mail, or has none."""
    if not _is_mail(data[:20_000].lstrip().splitlines()):
        return None
    message = email.message_from_bytes(data.lstrip(), policy=email.policy.compat32)
    parts = [
        (part.get_content_type() == "text/html", payload)
        for part in message.walk()
        if part.get_content_maintype() == "text" and isinstance(payload := part.get_payload(decode=True), bytes)
    ]
    texts = [payload for is_html, payload in parts if is_html] or [payload for _, payload in parts]
    return max(texts, key=len, default=None)


def _is_mail(lines: list[bytes]) -> bool:
    """Whether lines begin with the fields of a mail, one of which tells what it holds."""
    for line in lines:
        if _TELLS.match(line):
            return True
        if not _FIELD.match(line) and line[:1] not in (b" ", b"\t"):
            return False
    return False
