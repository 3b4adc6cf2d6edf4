"""Layouts in which a line begins with who speaks: `NAME: text`, `[Name] text`, `Name<TAB>text`, `NAME. text`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from training.data.layouts.names import Names
from training.data.layouts.wrapped import are_wrapped, hanging_margin, indent_of, joined
from training.data.speeches import Speech, as_text

_CORNELL = " +++$+++ "
_ANY_COLON = re.compile(r"([^:\uff1a\n\t|]{1,80}?)\s*[:\uff1a]\s*(?!//)(\S.*)")
_PLAIN_COLON = re.compile(r"\s*[^:\uff1a\s](?:[^:\uff1a\n]*[^:\uff1a\s])?:(?=\s)")
_OTHER_COLON = 0.05


@dataclass(frozen=True, slots=True)
class Inline:
    """A layout whose cue opens its line.

    Attributes:
        name: as `--layout` has it.
        form: how it looks, for a person.
        pattern: of a line; its groups are who speaks and what is said.
        least_share: of the lines must have such a cue with a name that comes back.
        least_mean: how often a name must come, on average.
        is_of_paragraphs: whether a speech goes on to the next empty line, or to the next line that is indented less.
    """

    name: str
    form: str
    pattern: re.Pattern[str]
    least_share: float
    least_mean: float = 1.5
    is_of_paragraphs: bool = False

    def names(self, lines: list[str]) -> Names:
        """The names in the places where this layout has them."""
        margin = hanging_margin(lines)
        is_dense = all(line.strip() for line in lines[:-1]) and margin is None
        has_paragraphs = self.is_of_paragraphs and not is_dense
        places = [
            line for above, line in pairwise(["", *lines]) if self._may_begin(above, line, margin, has_paragraphs)
        ]
        cues = (match[1] for line in places if (match := self.pattern.match(line.strip())))
        return Names.of(cues, len(places))

    def _may_begin(self, above: str, line: str, margin: int | None, has_paragraphs: bool) -> bool:
        is_begun = not has_paragraphs or not above.strip() or indent_of(line) == margin
        return is_begun and bool(line.strip())

    def speeches(self, lines: list[str], names: Names) -> Iterator[Speech]:
        """The speeches, and lines in between that nobody speaks."""
        waiting: Speech | None = None
        margin = hanging_margin(lines) if self.is_of_paragraphs else None
        for above, line in pairwise(["", *lines]):
            match = self.pattern.match(line.strip())
            if match and match[1] in names and (margin is None or indent_of(line) == margin):
                if waiting:
                    yield waiting
                aside = _PARENTHESES.search(line.strip()[match.end(1) : match.start(2)])
                waiting = Speech(_tidy(match[1]), f"{aside[0]} {match[2]}" if aside else match[2])
            elif waiting and line.strip() and above.strip() and self.is_of_paragraphs:
                waiting = Speech(waiting.speaker, f"{waiting.text} {line}")
            elif line.strip():
                if waiting:
                    yield waiting
                waiting = Speech("", line) if self.is_of_paragraphs else None
                if not self.is_of_paragraphs:
                    yield Speech("", line)
        if waiting:
            yield waiting


def _tidy(name: str) -> str:
    return name.strip(" _*\t")


_NAME = r"[^\s\[\]<>|:\uff1a][^\[\]<>|\n]{0,48}?"
_WORD = r"[A-Z][\w'\u2019]{1,15}"
_PARENTHESES = re.compile(r"[\[(][^\])\n]+[\])]")
_ASIDE = r"(?:\s*[\[(][^\])\n]*[\])]\.?)?"

COLON = Inline("colon", "`NAME: text`", _ANY_COLON, 0.1)
INLINE = (
    Inline("brackets", "`[Name] text`", re.compile(rf"[\[<({{]({_NAME})[\]>)}}]\s*:?\s*(\S.*)"), 0.3),
    Inline("brackets", "`Name「text」`", re.compile(r"([^「」『』\s]{1,16})[「『](.*?)[」』]?\s*$"), 0.3),
    Inline("brackets", '`Name "text"`', re.compile(r"([^\":]{1,24}?) +[\"\u201c](.*?)[\"\u201d]?\s*$"), 0.6, 3),
    Inline("brackets", "`*Name* text`", re.compile(r"[*_](?=\S)([^*_\n]{1,40}?)[*_]\s*:?\s+(\S.*)"), 0.5, 2),
    Inline("dash", "`Name - text`", re.compile(r"([^-\u2013—\n:]{1,48}?)\s+[-\u2013—]{1,2}\s+(\S.*)"), 0.5, 3),
    Inline(
        "dash", "`NAME--text`", re.compile(r"([A-Z][A-Z' .&\u2019]{0,37}[A-Z])\.?\s*(?:--|[\u2013—])\s*(\S.*)"), 0.3, 2
    ),
    Inline(
        "stop",
        "`NAME. text`, as plays have it",
        re.compile(rf"_?([A-Z][A-Z' &\u2019-]{{1,36}}[A-Z])_?{_ASIDE}[.]_?{_ASIDE}[\s—\u2013-]*(\S.*)"),
        0.2,
        1.5,
        True,
    ),
    Inline("stop", "`Q. text`, as interviews have it", re.compile(r"([QA])[.]\s+(\S.*)"), 0.5, 3, True),
    Inline(
        "stop",
        "`Name. text`, as plays have it",
        re.compile(
            r"_?(?!(?:Yes|No|Well|Oh|Ah|O|Okay|Ok|Hey|Hi|Hello|Right|Sure|So|Now|Then|Good|Never|Nothing|Come)\b)"
            rf"({_WORD}(?: {_WORD}){{0,2}}|{_WORD}(?=_?\s*[\[(]))_?{_ASIDE}[.]_?{_ASIDE}"
            r"[\s—\u2013-]+(\S.*)"
        ),
        0.5,
        3,
        True,
    ),
)


def read_colon(text: str) -> str:
    """A text of the form `NAME: text`: as it stands, unless its colons are set otherwise or its lines are wrapped."""
    names = COLON.names(text.split("\n"))
    lines = _with_lone_cues_joined(text.split("\n"), names)
    text = "\n".join(lines)

    def begins(line: str) -> bool:
        match = _ANY_COLON.match(line.strip())
        return line.lstrip()[:1] in ("[", "(") or (match is not None and match[1] in names)

    if are_wrapped(lines, begins):
        text = joined(lines, begins)
        lines = text.split("\n")
    other = sum(not _PLAIN_COLON.match(line) for line in lines if begins(line) and line.lstrip()[:1] not in ("[", "("))
    if other <= _OTHER_COLON * names.counts.total():
        return text
    return "\n".join(_with_plain_colon(line, names) for line in lines)


def _with_lone_cues_joined(lines: list[str], names: Names) -> list[str]:
    """The lines; one that only names a known speaker, with a colon or in capitals, is joined with the speech below."""
    joint: list[str] = []
    is_waiting = False
    for above, line in pairwise(["", *lines]):
        name = line.strip().rstrip(":\uff1a").rstrip()
        if is_waiting and line.strip() and not _ANY_COLON.match(line.strip()):
            joint[-1] = f"{joint[-1].strip().rstrip(':')}: {line.strip()}"
            is_waiting = False
            continue
        joint.append(line)
        is_lone = name != line.strip() or (name.isupper() and not above.strip())
        is_waiting = is_lone and names.counts[name.lower()] > 1
    return joint


def _with_plain_colon(line: str, names: Names) -> str:
    match = _ANY_COLON.match(line.strip())
    return f"{match[1]}: {match[2]}" if match and match[1] in names else line


def read_inline(text: str, layout: Inline) -> str:
    """A text in another of these layouts, as `NAME: text`."""
    lines = text.split("\n")
    return as_text(layout.speeches(lines, layout.names(lines)))


def read_fields(text: str) -> tuple[str, str] | None:
    """A text whose lines are fields, without titles: in the form `NAME: text`, and the delimiter; None if it is none.

    Who speaks is the field that comes back; what is said, the longest.
    """
    lines = [line for line in text.split("\n") if line.strip()]
    for delimiter in ("\t", "|", " || ", "::", " >> ", " => ", " -> ", ">", " = ", " ~ ", " / ", "\x01", "\x1f", "   "):
        if delimiter == "   ":  # columns set apart by spaces, as many as it takes
            lines = [re.sub(r" {2,}", delimiter, line.strip()) for line in lines]
        rows = [line.split(delimiter) for line in lines if delimiter in line]
        width = Counter(map(len, rows)).most_common(1)[0][0] if rows else 0
        rows = [row for row in rows if len(row) == width]
        if width < 2 or len(rows) < max(3, len(lines) / 2):
            continue
        columns = [[field.strip() for field in column] for column in zip(*rows, strict=True)]
        what = max(range(width), key=lambda place: sum(map(len, columns[place])))
        named = [
            place
            for place, column in enumerate(columns)
            if place != what and Names.of(column, len(rows)).are_cues(0.5, 2)
        ]
        if named:  # an episode's number comes back too, row after row
            who = max(named, key=lambda place: sum(a != b for a, b in pairwise(columns[place])))
            return as_text(_of_fields(lines, delimiter, width, who, what)), delimiter
    return None


def _of_fields(lines: list[str], delimiter: str, width: int, who: int, what: int) -> Iterator[Speech]:
    for line in lines:
        row = line.split(delimiter) if width > 2 else line.split(delimiter, 1)
        yield Speech(row[who].strip().rstrip(":"), row[what]) if len(row) == width else Speech("", line)


def read_cornell(text: str) -> str | None:
    """The movie lines of Cornell's corpus, in the order of their numbers; None if it is something else."""
    rows = [line.split(_CORNELL.strip()) for line in text.split("\n") if line.strip()]
    full = [[field.strip() for field in row] for row in rows if len(row) == 5]
    if len(full) < len(rows) * 0.8 or not full or _CORNELL.strip() not in text:
        return None
    if sum(row[0][:1] == "L" and row[0][1:].isdigit() for row in full) < len(full) * 0.8:
        return None
    full.sort(key=lambda row: int(row[0][1:]) if row[0][1:].isdigit() else 0)
    return as_text(Speech(row[3], row[4]) for row in full)
