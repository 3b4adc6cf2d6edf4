"""The `.merged` form of the default corpus: `# NAME`, then times in seconds, laughter marks and lines of speech."""

from __future__ import annotations

import re
from collections.abc import Iterator

from training.data.speeches import Speech

_TIME = re.compile(r"\d+(\.\d+)?")
_LAUGHTER = "**LOL**"


def is_merged(text: str) -> bool:
    """Whether a text begins with a cue of that form and has a line that is only a time below it."""
    lines = [line.strip() for line in text[:10_000].split("\n") if line.strip()]
    head = next((number for number, line in enumerate(lines) if line.startswith("# ")), -1)
    return head in (0, 1, 2) and sum(bool(_TIME.fullmatch(line)) for line in lines) > len(lines) / 4


def speeches_in_merged(text: str) -> Iterator[Speech]:
    """The speeches, without times and laughter."""
    speaker, said = "", list[str]()
    for line in text.split("\n"):
        line = line.strip()
        if line.startswith("# "):
            yield Speech(speaker, " ".join(said))
            speaker, said = line[2:].strip(), []
        elif line and line != _LAUGHTER and not _TIME.fullmatch(line):
            said.append(line)
    yield Speech(speaker, " ".join(said))
