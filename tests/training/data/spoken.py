"""Speeches in whatever form: who speaks and what is said, and the corpus that a file of them makes."""

from __future__ import annotations

import random
from pathlib import Path

from training.data.corpus import Corpus, read_corpus
from training.data.hints import Hints

_RANDOM = random.Random(4)
_WORDS = [
    "the",
    "soup",
    "is",
    "cold",
    "and",
    "nobody",
    "wants",
    "to",
    "eat",
    "it",
    "before",
    "noon",
    "because",
    "my",
    "aunt",
    "said",
    "so",
]


def _said(longest: int) -> str:
    words = [_RANDOM.choice(_WORDS) for _ in range(_RANDOM.randint(3, longest))]
    return f"{' '.join(words).capitalize()}{_RANDOM.choice('.?!')}"


SPEECHES = [(_RANDOM.choice(["Marla", "Otto", "Aunt Ines", "Bo"]), _said(14)) for _ in range(60)]
"""Sixty speeches of four people."""
LONG = [(_RANDOM.choice(["Marla", "Otto", "Ines", "Bo"]), " ".join(_said(14) for _ in range(5))) for _ in range(40)]
"""Forty of five sentences each."""


def lines(form: str, upper: bool = False) -> str:
    """All speeches in a form such as `{name}: {text}`; {n} is their number."""
    return "".join(form.format(name=a.upper() if upper else a, text=b, n=n) for n, (a, b) in enumerate(SPEECHES, 1))


def expected(upper: bool = False) -> list[tuple[str, str]]:
    """The speeches as a corpus should have them."""
    return [(a.upper() if upper else a, b) for a, b in SPEECHES]


def written(folder: Path, name: str, content: str | bytes) -> Path:
    """A file in a folder."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def corpus_of(folder: Path, name: str, content: str | bytes, hints: Hints | None = None) -> Corpus:
    """The corpus of one file."""
    return read_corpus(written(folder, name, content), hints or Hints())


def speeches_in(corpus: Corpus) -> list[tuple[str, str]]:
    """Who speaks on each line that is not empty, nobody in one without a cue, and what."""
    found = []
    for line in corpus.text.split("\n"):
        if line.strip():
            name, colon, text = line.partition(": ")
            found.append((name, text) if colon else ("", line))
    return found
