"""Which columns of a table, or keys of a record, name the speaker and hold the speech: by their usual names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple
from unicodedata import normalize

from training.data.errors import CorpusError
from training.data.hints import Hints

# fmt: off
SPEAKER = (
    "character", "raw_character_text", "character_name", "speaker", "speakers", "speaker_name", "characters", "char",
    "role", "player", "actor", "person", "person_scene", "who", "author", "from", "sender", "username", "user", "name",
    "nick", "nickname", "participant", "personnage", "personaje", "personaggio", "figur", "sprecher", "rolle",
    "персонаж", "говорящий", "角色", "说话人", "說話人", "話者",
)
"""Names of columns that tell who speaks, the surest first."""
TEXT = (
    "dialogue", "dialog", "spoken_words", "spoken_text", "character_words", "line_text", "text", "utterance", "speech",
    "transcript", "quote", "player_line", "sentence", "line", "lines", "message", "content", "body", "caption",
    "subtitle", "words", "said", "full_text", "normalized_text", "raw_text", "value", "script",
    "screenplay", "replique", "texte", "texto", "testo", "dialogo", "реплика", "текст",
    "台词", "台詞", "台語", "セリフ",
)
"""Names of columns that hold what is said, the surest first."""
# fmt: on


class Columns(NamedTuple):
    """The places of the columns, from 0; no speaker if a table has none."""

    speaker: int | None
    text: int


def plain(title: str) -> str:
    """A title by its letters and digits alone, so that `Line Text`, `line_text` and `lineText` are one; no accents."""
    return re.sub(r"[\W_]+", "", normalize("NFKD", title.lower()))


_SPEAKER, _TEXT = [plain(name) for name in SPEAKER], [plain(name) for name in TEXT]


def columns_of(titles: Sequence[str], hints: Hints, sample: Sequence[Sequence[str]] = ()) -> Columns | None:
    """The columns among titles; None if none holds speech.

    Args:
        titles: the table's first row, or a record's keys.
        hints: may name the columns.
        sample: some rows. A column of numbers holds no speech, whatever it is called.

    Raises:
        CorpusError: if the columns that a person named are not there.
    """
    if hints.text:
        speaker = _named(hints.speaker, titles) if hints.speaker else None
        return Columns(speaker, _named(hints.text, titles))
    found = [plain(title) for title in titles]
    text = next((place for place in _places(_TEXT, found) if not _is_numbers(sample, place)), None)
    if text is None:
        return None
    speaker = next((p for p in _places(_SPEAKER, found) if p != text and not _is_numbers(sample, p)), None)
    return Columns(speaker, text)


def _places(names: Sequence[str], found: Sequence[str]) -> list[int]:
    return [found.index(name) for name in names if name in found]


def _named(name: str, titles: Sequence[str]) -> int:
    for is_same in (lambda title: title.strip() == name, lambda title: plain(title) == plain(name)):
        for place, title in enumerate(titles):
            if is_same(title):
                return place
    if name.isdigit() and 1 <= int(name) <= len(titles):
        return int(name) - 1
    raise CorpusError(f"there is no column {name!r}; there are {listed(titles)}")


def _is_numbers(sample: Sequence[Sequence[str]], place: int) -> bool:
    values = [row[place].strip() for row in sample if len(row) > place and row[place].strip()]
    return (
        len(values) > 1 and sum(re.fullmatch(r"[\d.,:\-+\s]+", value) is not None for value in values) > len(values) / 2
    )


def listed(titles: Sequence[str]) -> str:
    """Titles for a message, the first few of many, none at length."""
    shown = ", ".join(repr(title[:30]) for title in titles[:12])
    return f"{shown} and {len(titles) - 12:,} more" if len(titles) > 12 else shown
