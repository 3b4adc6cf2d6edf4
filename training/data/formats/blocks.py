"""Blocks of `speaker: Ann` and `text: Hello.`, a key a line, as settings and cards have them."""

from __future__ import annotations

import re

from training.data.formats.columns import columns_of
from training.data.hints import Hints
from training.data.speeches import Speech

_LINE = re.compile(r"[ \t]*([^\W\d][\w ]{0,30}?)[ \t]*[:=][ \t]*(.*)")
_SECTION = re.compile(r"(?m)^\[[\w .-]*\][ \t]*$")
_FEWEST = 3
_MOST_KEYS = 12
_MOSTLY = 0.9


def speeches_in_blocks(text: str) -> list[Speech] | None:
    """The speeches; None if the text is none of such blocks."""
    blocks = [block for block in re.split(r"\n[ \t]*\n", _SECTION.sub("\n", text)) if block.strip()]
    keys: dict[str, None] = {}
    for line in blocks[0].split("\n") if blocks else ():
        if match := _LINE.fullmatch(line):
            keys[match[1].lower()] = None
    columns = columns_of(list(keys), Hints()) if len(keys) <= _MOST_KEYS else None
    if len(blocks) < _FEWEST or columns is None or columns.speaker is None:
        return None
    who, what = list(keys)[columns.speaker], list(keys)[columns.text]
    found = [_values(block, keys) for block in blocks]
    speeches = [Speech(values.get(who, ""), values[what]) for values in found if what in values]
    return speeches if len(speeches) > _MOSTLY * len(blocks) else None


def _values(block: str, keys: dict[str, None]) -> dict[str, str]:
    """The values of a block by their keys; a line without a key goes on."""
    values: dict[str, str] = {}
    key = ""
    for line in block.split("\n"):
        match = _LINE.fullmatch(line)
        if match and match[1].lower() in keys:
            key = match[1].lower()
            values[key] = match[2].strip().removeprefix('"').removesuffix('"')
        elif key:
            values[key] += f" {line.strip()}"
    return values
