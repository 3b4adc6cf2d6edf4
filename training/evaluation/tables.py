"""Tables of text: aligned for a terminal, or as Markdown. The first row is the header, the first column words."""

from __future__ import annotations

from collections.abc import Sequence

Rows = Sequence[Sequence[str]]
"""Rows of cells, all of one length."""


def as_text(rows: Rows) -> str:
    """Columns aligned with spaces: the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        first, *others = zip(row, widths, strict=True)
        cells = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def as_markdown(rows: Rows) -> str:
    """A Markdown table."""
    header, *others = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([header, f"| --- |{' ---: |' * (len(rows[0]) - 1)}", *others])
