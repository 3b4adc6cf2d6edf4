"""Layouts in which who speaks stands on a line above the speech: screenplays, Fountain, plays, transcripts.

Scene headings and transitions are written in brackets, and so are no cues.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from training.data.layouts.names import Names, bare, may_be_name
from training.data.speeches import Speech, as_text, name_of

_HEADING = re.compile(r"\d*[A-Z]?\s*(?:INT|EXT|EST|INT\.?/EXT|I/E)[. /]", re.IGNORECASE)
_TRANSITION = re.compile(r"(?:[A-Z][A-Z ]* (?:TO|IN|OUT|ON)|FADE[A-Z ]*|CUT TO[A-Z ]*)\s*(?:BLACK)?[:.]\s*$")
_SCENE = re.compile(r"(?:ACT|SCENE|PROLOGUE|EPILOGUE|CHAPTER|PART|THE END|END OF|CURTAIN|CONTINUED)\b", re.IGNORECASE)
_END = re.compile(r"[.!?,;\"”…。\uff01\uff1f、」』]$")
_KEY = re.compile(
    r"(?:Title|Credit|Authors?|Source|Draft date|Contact|Copyright|Notes|Revision|Format)\s*:", re.IGNORECASE
)
_REMOVED = re.compile(r"/\*[\s\S]*?\*/|\[\[[\s\S]*?\]\]")
_PAGE = re.compile(r"\s*(?:={3,}|\(?(?:MORE|CONTINUED)\)?:?\s*(?:\(\d+\))?|\d{1,4}\.?|(?:#{1,6}|=(?!=))\s.*)\s*$")
_FORCED = re.compile(r"\.(?=\w)|>\s*[^<]+$")
_CENTRED = re.compile(r"(?m)^[ \t]*>[ \t]*([^<>\n]+?)[ \t]*<[ \t]*$")
_SCENE_NUMBER = re.compile(r"(?m)^([ \t]*(?:\.|INT|EXT|EST|I/E)[^\n]*?)[ \t]+#[\w.-]+#[ \t]*$", re.IGNORECASE)
_KEPT_BLANK = re.compile(r"\n {2}\n(?=[^\n])")
"""Two spaces, by which Fountain's speeches go on below an empty line."""
_EMPHASIS = re.compile(r"(?<![\w*\\])\*{1,3}(?=\S)([^*\n]+?)\*{1,3}(?![\w*])|(?<![\w_\\])_(?=\S)([^_\n]+?)_(?![\w_])")


def _colon(line: str) -> str | None:
    match = re.fullmatch(r"\s*([^:\uff1a\n]{1,60}?)\s*[:\uff1a]\s*(?:[\[(][^\])]*[\])])?\s*", line)
    return match[1] if match else None


def _capitals(line: str) -> str | None:
    forced = re.fullmatch(r"\s*@(.{1,60}?)\s*\^?\s*", line)
    if forced:
        return forced[1]
    name = bare(line).rstrip("^:").strip()
    is_name = name.isupper() and not _END.search(name) and not _is_scene(line)
    return line.strip().rstrip("^").strip() if is_name else None


def _brackets(line: str) -> str | None:
    match = re.fullmatch(r"\s*[\[<]\s*([^\[\]<>:\n]{1,48}?)\s*[\]>]\s*:?\s*", line)
    return match[1] if match else None


def _stop(line: str) -> str | None:
    match = re.fullmatch(r"\s*_?([A-Z][A-Z' &\u2019.-]{0,38}[A-Z])_?\.?_?\s*(?:[\[(_].*[\])_]\.?)?\s*", line)
    return match[1] if match and "." in line and not _is_scene(line) else None


def _small(line: str) -> str | None:
    name = line.strip()
    return name if len(name) <= 40 and name.count(" ") <= 3 and not _END.search(name) and ":" not in name else None


def _is_scene(line: str) -> bool:
    return _is_heading(line) or bool(_SCENE.match(line))


def _is_heading(line: str) -> bool:
    return bool(_HEADING.match(line) or _TRANSITION.match(line))


@dataclass(frozen=True, slots=True)
class Above:
    """A layout whose cue is a line.

    Attributes:
        form: how it looks, for a person.
        cue: the cue that a line is, or None.
        least_share: of the paragraphs must begin with a cue whose name comes back.
        least_mean: how often a name must come, on average.
        name: as `--layout` has it.
    """

    form: str
    cue: Callable[[str], str | None]
    least_share: float
    least_mean: float
    name: str = "above"

    def names(self, lines: list[str]) -> Names:
        """The names on lines that have words right below them, and none right above but where no line is empty."""
        is_dense = _is_dense(lines)
        cues, paragraphs = [], 0
        for number, line in enumerate(lines):
            if not line.strip() or not (is_dense or _is_first(lines, number)):
                continue
            paragraphs += 1
            below = lines[number + 1] if number + 1 < len(lines) else ""
            if not below.strip() or not (cue := self.cue(line.strip())):
                continue
            if may_be_name(bare(cue)) and self.cue(below.strip()) != cue:
                cues.append(name_of(cue))
        return Names.of(cues, paragraphs // 2 if is_dense else paragraphs)


ABOVE = (
    Above("`NAME:` above the speech", _colon, 0.15, 1.5),
    Above("`NAME` above the speech, as in a screenplay", _capitals, 0.12, 1.5),
    Above("`NAME.` above the speech, as plays have it", _stop, 0.15, 1.5),
    Above("`[Name]` above the speech", _brackets, 0.3, 2),
    Above("`Name` above the speech", _small, 0.6, 2.5),
)
"""The surest first."""


def paragraphs_of(text: str) -> list[str]:
    """The lines of a text. Where an empty line stands between all of them, those are left out."""
    lines = text.split("\n")
    filled = [line for line in lines if line.strip()]
    apart = sum(1 for number, line in enumerate(lines) if line.strip() and _is_first(lines, number))
    return filled if apart > 0.97 * len(filled) else lines


def _is_first(lines: list[str], number: int) -> bool:
    return number == 0 or not lines[number - 1].strip() or _is_scene(lines[number - 1].strip())


def _is_dense(lines: list[str]) -> bool:
    """Whether a text has no empty lines that would part its paragraphs."""
    filled = sum(1 for line in lines if line.strip())
    return len(lines) - filled < filled / 20


def without_fountain(text: str) -> tuple[str, list[str]]:
    """A screenplay without what Fountain adds to its text, and what that was."""
    kept, left_out = _REMOVED.sub("", text), []
    if kept != text:
        left_out.append("notes")
    head, _, rest = kept.lstrip().partition("\n\n")
    if _KEY.match(head) and rest:
        kept, left_out = rest, [*left_out, "a title page"]
    kept = _SCENE_NUMBER.sub(r"\1", _CENTRED.sub(r"\1", _KEPT_BLANK.sub("\n", kept)))
    lines = [_EMPHASIS.sub(lambda match: match[1] or match[2], line) for line in kept.split("\n")]
    shown = [line for line in lines if not line.strip() or not _PAGE.fullmatch(line)]
    if len(shown) < len(lines):
        left_out.append("page breaks, sections and synopses")
    return "\n".join(shown), left_out


def read_above(text: str, layout: Above) -> str:
    """A text in one of these layouts, as `NAME: text`."""
    lines = paragraphs_of(text)
    return as_text(_speeches(lines, layout, layout.names(lines)))


def _speeches(lines: list[str], layout: Above, names: Names) -> Iterator[Speech]:
    is_dense = _is_dense(lines)
    speaker, said = "", list[str]()
    for number, line in enumerate(lines):
        cue = layout.cue(line.strip()) if is_dense or _is_first(lines, number) else None
        has_speech = number + 1 < len(lines) and lines[number + 1].strip()
        is_heading = _is_heading(line.strip()) or bool(_FORCED.match(line.strip()))
        is_speech = bool(speaker) and not said  # what stands right below a cue, a name too
        if cue and has_speech and not is_speech and name_of(cue) in names:
            yield _spoken(speaker, said)
            speaker, said = _tidy(name_of(cue)), []
        elif not line.strip():
            yield _spoken(speaker, said)
            speaker, said = "", []
        elif is_heading:
            yield _spoken(speaker, said)
            yield Speech("", f"[{line.strip(' .>')}{':' if line.rstrip().endswith(':') else ''}]".replace("::", ":"))
            speaker, said = "", []
        else:
            said.append(line.strip().removeprefix("!").removeprefix("~"))
    yield _spoken(speaker, said)


def _spoken(speaker: str, said: list[str]) -> Speech:
    """A speech; a name below which nothing is said is a line like others."""
    return Speech(speaker, " ".join(said)) if said else Speech("", speaker)


def _tidy(name: str) -> str:
    return name.strip(" _*@:\uff1a^")
