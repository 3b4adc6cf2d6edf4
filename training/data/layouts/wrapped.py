"""Lines that were broken at a fixed width, and are one line really."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise

_NARROWEST, _WIDEST = 40, 120
_FULL = 0.85
_FEWEST = 5
_DENSE = 0.2


def are_wrapped(lines: Sequence[str], begins: Callable[[str], bool]) -> bool:
    """Whether lines break where the next word would not have fitted any more.

    Args:
        begins: whether a line begins something of its own, and so goes on no other.
    """
    pairs = [(line.rstrip(), below.split()[0]) for line, below in pairwise(lines) if _goes_on(line, below, begins)]
    if len(pairs) < max(_FEWEST, len(lines) / 20):
        return False
    widths = sorted(len(line) for line, _ in pairs)
    width = widths[int(len(widths) * 0.98)]
    if not _NARROWEST <= width <= _WIDEST:
        return False
    full = sum(len(line) + 1 + len(word) > width - 3 for line, word in pairs)
    return full > _FULL * len(pairs)


def indent_of(line: str) -> int:
    """How many spaces a line begins with."""
    return len(line) - len(line.lstrip())


def hanging_margin(lines: Sequence[str]) -> int | None:
    """The indentation of lines that begin something, where those that go on stand further in, without empty lines."""
    filled = [line for line in lines if line.strip()]
    usual = [indent for indent, _ in Counter(map(indent_of, filled)).most_common(2)]
    is_dense = len(lines) - len(filled) < len(filled) * _DENSE
    return min(usual) if is_dense and len(usual) == 2 else None


def _goes_on(line: str, below: str, begins: Callable[[str], bool]) -> bool:
    return bool(line.strip()) and bool(below.strip()) and not begins(below)


def joined(lines: Sequence[str], begins: Callable[[str], bool]) -> str:
    """The text of lines that are wrapped, each whole."""
    whole: list[str] = []
    for number, line in enumerate(lines):
        if number and _goes_on(lines[number - 1], line, begins):
            before = whole[-1].rstrip()
            whole[-1] = f"{before} {line.strip()}"
        else:
            whole.append(line)
    return "\n".join(whole)
