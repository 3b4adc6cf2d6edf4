"""Tables of text: aligned for a terminal, or as Markdown. The first row is the header, the first column words."""

from __future__ import annotations

from collections.abc import Sequence

Rows = Sequence[Sequence[str]]
"""Rows of cells, all of one length."""


def as_text(rows: Rows) -> str:
    """Columns aligned with spaces."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.rjust(width) if place else cell.ljust(width) for place, (cell, width) in enumerate(row)).rstrip()
        for row in (list(zip(row, widths, strict=True)) for row in rows)
    )


def as_markdown(rows: Rows) -> str:
    """A Markdown table."""
    header, *others = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([header, f"| --- |{' ---: |' * (len(rows[0]) - 1)}", *others])
