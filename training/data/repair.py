"""Characters that went through the wrong encoding: mended where only one reading is possible, else counted."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LOST = re.compile(
    "(?<=[A-Za-z\u00c0-\u024f])[?\ufffd](?=(?:s|d|m|t|re|ve|ll|S|D|M|T|RE|VE|LL)(?![A-Za-z\u00c0-\u024f]))"  # they?ve
    "|(?<=\\b[cdjlmnstCDJLMNST])[?\ufffd](?=[aeiouyh\u00e0-\u00ff])"  # l?homme
)
_IN_A_WORD = re.compile("(?<=[A-Za-z\u00c0-\u024f])[?](?=[A-Za-z\u00c0-\u024f])|\ufffd")
_BROKEN = re.compile(
    "[\u00c2\u00c3\u00e2\u00d0\u00d1\u00ce\u00cf\u00e3-\u00e9\u00ef\u0192][\u0080-\u00bf\u0152-\u2122]"
)
"""What UTF-8 that was read as an older encoding begins with."""


@dataclass(frozen=True, slots=True)
class Repair:
    """What became of a text's broken characters.

    Attributes:
        text: mended.
        apostrophes: how many a question mark stood for: `they?ve`.
        lines: how many held UTF-8 that was read as another encoding.
        unclear: how many question marks stand inside words still, and characters that could not be decoded.
    """

    text: str
    apostrophes: int
    lines: int
    unclear: int


def repair(text: str) -> Repair:
    """The text without broken characters, as far as they can be told (ftfy's `fix_encoding`, and lost apostrophes)."""
    lines = 0
    if not text.isascii() and _BROKEN.search(text):
        text, lines = _recoded(text)
    text, apostrophes = _LOST.subn("'", text)
    return Repair(text, apostrophes, lines, len(_IN_A_WORD.findall(text)))


def _recoded(text: str) -> tuple[str, int]:
    from ftfy import fix_encoding  # few texts need it

    lines = text.split("\n")
    mended = 0
    for number, line in enumerate(lines):
        if _BROKEN.search(line):
            lines[number] = fix_encoding(line)
            mended += lines[number] != line
    return "\n".join(lines), mended
