"""Vocabularies in lines: a word a line, alone, with its id, with its count."""

from __future__ import annotations

import re

from coldopen.errors import shown
from training.elsewhere.found_words import FoundWords, words_by_id

_PART = r"[\t ,;]"
_ROWS = tuple(
    re.compile(form.replace("|", _PART))
    for form in (
        r"(?P<id>\d+)|(?P<word>\S+)|\d+",
        r"(?P<word>\S+)|(?P<id>\d+)|\d+",
        r"(?P<word>\S+?)|(?P<id>\d+)",
        r"(?P<id>\d+)|(?P<word>\S+)",
    )
)
_MAX_DIGITS = 20
_VECTOR = re.compile(r"\S+( -?\d+(\.\d+)?(e-?\d+)?){10,} *")


def words_in_lines(text: str) -> FoundWords:
    """The words of a text of one a line, alone or with their ids, or with their counts."""
    lines = [line.rstrip("\r") for line in text.rstrip("\r\n").split("\n")]
    if sum(bool(_VECTOR.fullmatch(line)) for line in lines[1:3]) == len(lines[1:3]) > 0:
        raise ValueError(
            "it holds word vectors, as GloVe's: the words of the training, in the order of ids, are needed"
        )
    for pattern in _ROWS:
        rows = [pattern.fullmatch(line) for line in lines]
        rows = rows if rows[0] else rows[1:]  # without a header
        if len(rows) > 1 and all(rows):
            found_words = [row["word"] for row in rows if row]
            if all(len(word) > 1 and word.endswith(":") for word in found_words):  # YAML's
                found_words = [word[:-1] for word in found_words]
            ids = [int(row["id"][:_MAX_DIGITS]) for row in rows if row]
            pairs = list(zip(map(_unquoted, found_words), ids, strict=True))
            if found := _of_columns(pairs, may_be_counts=pattern in _ROWS[2:]):
                return found
    for number, line in enumerate(lines, 1):
        if len(line.split()) != 1:
            what = f"reads {shown(line)}" if line.strip() else "is empty"
            raise ValueError(f"it is neither JSON nor one word a line: line {number} {what}")
    return FoundWords([line.strip() for line in lines], has_ids=False)


def _unquoted(cell: str) -> str:
    """A cell of a CSV file."""
    is_quoted = len(cell) > 2 and cell.startswith('"') and cell.endswith('"')
    return cell[1:-1].replace('""', '"') if is_quoted else cell


def _of_columns(pairs: list[tuple[str, int]], may_be_counts: bool) -> FoundWords | None:
    try:
        return words_by_id(pairs)
    except ValueError:
        counts = [count for _, count in pairs]
        if not may_be_counts:
            return None
        if counts != sorted(counts, reverse=True):
            raise
    return FoundWords([word for word, _ in pairs], has_ids=False, notes=("the numbers were taken for counts",))
