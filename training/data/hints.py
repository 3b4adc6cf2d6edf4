"""What a person says of scripts where nothing in them tells, or where what was understood is wrong."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from training.data.errors import CorpusError
from training.data.layouts.recognise import LAYOUTS


@dataclass(frozen=True, slots=True)
class Hints:
    """How scripts are to be read; by what they look like where nothing is said.

    Attributes:
        layout: a name in `training.data.layouts.recognise.LAYOUTS`.
        speaker: the column of a table that names who speaks.
        text: the column that holds what is said.
        encoding: a name that Python knows.
        characters: whether each character of a script without spaces is a word.
    """

    layout: str | None = None
    speaker: str | None = None
    text: str | None = None
    encoding: str | None = None
    characters: bool = False

    def to_dict(self) -> dict[str, Any]:
        """What was said, for a manifest."""
        return {key: value for key, value in asdict(self).items() if value}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Hints:
        """The hints that `to_dict` wrote; what is none of them is left out."""
        kinds = {key: bool if key == "characters" else str for key in cls.__slots__}
        return cls(**{key: values[key] for key, kind in kinds.items() if isinstance(values.get(key), kind)})


def add_hints(parser: argparse.ArgumentParser) -> None:
    """Let a command line say how scripts are to be read."""
    parser.add_argument("--layout", choices=LAYOUTS, help="how speakers stand in text; default: as it looks")
    parser.add_argument("--columns", help="a table's, speaker=NAME,text=NAME; default: by their usual names")
    parser.add_argument("--encoding", help="cp1252, gb18030, ...; default: as it looks")
    parser.add_argument("--characters", action="store_true", help="each is a word, where no spaces part words")


def hints_of(arguments: argparse.Namespace) -> Hints:
    """What a command line says.

    Raises:
        CorpusError: if it says something else of columns than which they are.
    """
    columns = _columns(arguments.columns) if arguments.columns else {}
    return Hints(arguments.layout, encoding=arguments.encoding, characters=arguments.characters, **columns)


def _columns(option: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in re.split(r",(?=\s*(?:speaker|text)\s*=)", option)]
    values = {key.strip(): value.strip() for key, equals, value in pairs if equals}
    if (
        len(values) != len(pairs)
        or "text" not in values
        or values.keys() - {"speaker", "text"}
        or "" in values.values()
    ):
        raise CorpusError(f"--columns is {option!r}; it should read speaker=NAME,text=NAME, or text=NAME alone")
    return values
