"""Speeches, and the text that they are learnt as: one a line, `name: what is said`, an empty line between them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_CONTINUED = re.compile(r"\s*\((?:cont|contd|cont'd|cont\u2019d|cont\.|continued|continuing)\.?\)", re.IGNORECASE)
_EXTENSION = re.compile(
    r"\s*\((?:v\.?\s?o\.?|o\.?\s?s\.?|o\.?\s?c\.?|off|off[- ]?screen|voice[- ]?over)\)", re.IGNORECASE
)


class Speech(NamedTuple):
    """Who speaks, and what; nobody where something is only seen."""

    speaker: str
    text: str


def as_text(speeches: Iterable[Speech]) -> str:
    """Speeches as text, white space made single spaces. A speech without a word is left out."""
    return "".join(_written(speaker, " ".join(text.split())) for speaker, text in speeches if text.strip())


def _written(speaker: str, text: str) -> str:
    name = " ".join(speaker.split()).removesuffix(":").rstrip()
    return f"{name}: {text}\n\n" if name else f"{text}\n\n"


def name_of(cue: str) -> str:
    """The name in a screenplay's cue, without its technical extensions: (V.O.), (CONT'D)."""
    return _EXTENSION.sub("", _CONTINUED.sub("", cue)).strip().removesuffix(":").rstrip()
