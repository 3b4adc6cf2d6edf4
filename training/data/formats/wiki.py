"""The marks of wikis, forums and pages in what is plain text otherwise."""

from __future__ import annotations

import html
import re

_BOLD = re.compile(r"'{2,5}(?=[^'\n])([^\n]+?)'{2,5}")
_HEADING = re.compile(r"(?m)^(={2,6})[ \t]*(\S[^\n]*?)[ \t]*\1[ \t]*$")
_TERM = re.compile(r"(?m)^;[ \t]*([^:\n]{1,60}?)[ \t]*\n?:[ \t]*(?=\S)")
_LINK = re.compile(r"\[\[(?:[^\[\]|\n]*\|)?([^\[\]|\n]+)\]\]")
_FORUM = re.compile(r"\[/?(?:b|i|u|s|quote|color|size|font|url|center|list|spoiler|\*)(?:=[^\]\n]*)?\]", re.IGNORECASE)
ENTITY = re.compile(
    r"&(?:amp;)?(?:#\d+|#x[0-9a-f]+|amp|quot|apos|lt|gt|nbsp|[lr]squo|[lr]dquo|hellip|[mn]dash|[a-z](?:acute|grave|uml));",
    re.IGNORECASE,
)
"""A letter as HTML writes it."""
_FEW = 20


def without_wiki(text: str) -> tuple[str, list[str]]:
    """The text without such marks where many lines have some, and what they were, for a person."""
    lines = sum(1 for line in text.split("\n") if line.strip())
    found: list[str] = []
    bold = sum(count.start() == text.rfind("\n", 0, count.start()) + 1 for count in _BOLD.finditer(text))
    if max(bold, len(_TERM.findall(text))) > max(2, lines / _FEW):
        text = _HEADING.sub(r"\2", _LINK.sub(r"\1", _TERM.sub(r"\1: ", text)))
        text, found = _BOLD.sub(r"\1", text), ["a wiki's marks"]
    if len(_FORUM.findall(text)) > max(2, lines / _FEW):
        text, found = _FORUM.sub("", text), [*found, "a forum's marks"]
    if len(ENTITY.findall(text)) > max(2, lines / 100):
        text, found = html.unescape(html.unescape(text)), [*found, "HTML's names of characters"]
    return text, found
