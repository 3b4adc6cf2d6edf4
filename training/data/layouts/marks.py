"""What transcripts and chats put around their lines: times, dates, line numbers, page furniture."""

from __future__ import annotations

import re
from itertools import pairwise

_CLOCK = r"\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?(?:\s?[AaPp]\.?[Mm]\.?)?"
_DATE = (
    r"(?:\d{1,4}[./-](?:\d{1,2}|[A-Za-z]{3,9})[./-]\d{1,4}"
    r"|[A-Z][a-z]{2,8}\.? \d{1,2},? \d{4}|\d{1,2} [A-Z][a-z]{2,8} \d{4})"
)
_WHEN = rf"(?:{_DATE}(?:,|T| at)?[ \u202f]*)?{_CLOCK}"
_BEFORE = re.compile(
    rf"^[ \t\u200e]*[\[(<{{]?{_WHEN}(?:\s*(?:-->|-|\u2013|to)\s*{_CLOCK})?[\])>}}]?"
    r"(?:[ \t]*[-\u2013—|][ \t]+|[ \t]*:[ \t]+|[ \t]*)"
)
_BEHIND = re.compile(
    rf"(?:[ \t]*[-\u2013—|,][ \t]*|[ \t]+)[\[(]?"
    rf"(?:(?:{_DATE}|Today|Yesterday)(?:(?: at|,)?[ \t]*{_CLOCK})?|{_CLOCK})[\])]?"
    r"[ \t]*(:?)[ \t]*$"
)
_NAME_THEN_WHEN = re.compile(rf"^([^\[(:\n]{{1,40}}?)[ \t]*:?[ \t]*[\[(]{_CLOCK}[\])][ \t]*:?[ \t]*(?=[^\s:])")
_TO_WHOM = re.compile(
    r"^[ \t]*From[ \t]+([^\s:][^:\n]{0,39}?)(?:[ \t]+to[ \t]+.{1,40}?)?[ \t]*:[ \t]*(?=\S)", re.IGNORECASE
)
_NUMBER = re.compile(r"^\s*(\d{1,6})(?:[.):]?[ \t]+|[.):])(?=\S)")
_BULLET = re.compile(r"^[ \t]*(?:(?:>+|[-•\u2013—])[ \t]*|\*[ \t]+)(?=\S)")
_EPISODE = re.compile(r"^[ \t]*\[?S\d{1,2} ?E\d{1,3}\]?[ \t]*[-:|\t ][ \t]*(?=\S)", re.IGNORECASE)
_OMITTED = re.compile(r"^.{0,60}?<?(?:Media|image|video|audio|sticker|GIF) omitted>?\s*$", re.IGNORECASE)
_GUTENBERG = re.compile(r"^\*\*\* ?(START|END) OF TH(?:E|IS) PROJECT GUTENBERG.*$", re.MULTILINE)
_OFTEN, _NEARLY_ALWAYS = 0.3, 0.8


def without_marks(text: str) -> tuple[str, list[str]]:
    """The text without what is not script, and what that was, for a person."""
    text, licence = _without_licence(text)
    text, times = _without_times(text)
    text, numbers = _without_numbers(text)
    text, bullets = _without_each(text, _BULLET, "arrows or dashes before lines")
    text, episodes = _without_each(text, _EPISODE, "numbers of episodes before lines")
    return text, [*licence, *times, *numbers, *bullets, *episodes]


def _without_licence(text: str) -> tuple[str, list[str]]:
    found = {match[1]: match for match in _GUTENBERG.finditer(text)}
    if not found:
        return text, []
    begin = found["START"].end() if "START" in found else 0
    end = found["END"].start() if "END" in found else len(text)
    play = text[begin:end].rstrip().lstrip("\n")
    return f"{play}\n", ["Project Gutenberg's header and licence"]


def _without_times(text: str) -> tuple[str, list[str]]:
    if text.count(":") + text.count("/") < text.count("\n") / 10:
        return text, []
    lines = text.split("\n")
    filled = sum(1 for line in lines if line.strip())
    before = sum(1 for line in lines if _BEFORE.match(line))
    inside = sum(1 for line in lines if _NAME_THEN_WHEN.match(line))
    behind = sum(1 for line in lines if len(line) < 80 and _BEHIND.search(line) and not _BEFORE.fullmatch(line))
    if before > filled * _OFTEN:
        stripped = [_BEFORE.sub("", line) if line.strip() else line for line in lines]
        lines = [line for line, had in zip(stripped, lines, strict=True) if line.strip() or not had.strip()]
        if sum(1 for line in lines if _TO_WHOM.match(line)) > len(lines) * _OFTEN:  # as Zoom's chats have it
            lines = [_TO_WHOM.sub(r"\1: ", line) for line in lines]
    elif inside > filled * _OFTEN:
        lines = [_NAME_THEN_WHEN.sub(r"\1: ", line) for line in lines]
    elif behind > filled * 0.2:
        lines = [_BEHIND.sub(":", line) if len(line) < 80 else line for line in lines]
    else:
        return text, []
    return "\n".join(line for line in lines if not _OMITTED.match(line)), ["times"]


def _without_numbers(text: str) -> tuple[str, list[str]]:
    """The text without numbers that count its lines."""
    lines = text.split("\n")
    filled = [line for line in lines if line.strip()]
    numbers = [int(match[1]) for line in filled if (match := _NUMBER.match(line))]
    if len(numbers) < max(3, len(filled) * _NEARLY_ALWAYS):
        return text, []
    rising = sum(after > before for before, after in pairwise(numbers))
    if rising < len(numbers) * 0.9 - 1:
        return text, []
    return "\n".join(_NUMBER.sub("", line) for line in lines), ["line numbers"]


def _without_each(text: str, mark: re.Pattern[str], what: str) -> tuple[str, list[str]]:
    """The text without the marks that nearly all of its lines begin with."""
    lines = text.split("\n")
    filled = sum(1 for line in lines if line.strip())
    if sum(1 for line in lines if mark.match(line)) < max(3, filled * _NEARLY_ALWAYS):
        return text, []
    return "\n".join(mark.sub("", line) for line in lines), [what]
