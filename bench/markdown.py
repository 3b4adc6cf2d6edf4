"""Tables that benches write into documents."""

from __future__ import annotations

from pathlib import Path

_END = "<!-- end -->"


def write(file: Path, begin: str, text: str) -> None:
    """Put a text into a Markdown file, between the comment `begin` and the next `<!-- end -->`."""
    before, rest = file.read_text(encoding="utf-8").split(begin)
    after = rest.split(_END, 1)[1]
    file.write_text(f"{before}{begin}\n\n{text}\n{_END}{after}", encoding="utf-8")
