"""Tables: CSV and TSV with any delimiter, quoted or escaped in any usual way."""

from __future__ import annotations

import csv
import html
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from training.data.errors import CorpusError, Skip
from training.data.formats.columns import SPEAKER, TEXT, Columns, columns_of, listed
from training.data.formats.dialects import Dialect, likely_dialects
from training.data.formats.wiki import ENTITY
from training.data.hints import Hints
from training.data.layouts.names import may_be_name
from training.data.speeches import Speech

_SEPARATOR = re.compile(r"sep=(.)\n", re.IGNORECASE)
_SUFFIXES = (".csv", ".tsv", ".tab", ".psv")
_FEW = 10
_MOSTLY = 0.9
_LONGEST_NAME = 40
_TAG = re.compile(r"</?(?:i|b|em|strong|u|p|br|span|div|font)\b[^<>]*/?>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Table:
    """A table that holds speeches.

    Attributes:
        dialect: how its fields are told apart.
        columns: which hold who speaks and what is said.
        has_titles: whether the first row names the columns.
        width: how many columns there are.
        text: without a line that names the delimiter.
        first_line: the number of the text's first line in its file, from 1.
    """

    dialect: Dialect
    columns: Columns
    has_titles: bool
    width: int
    text: str
    first_line: int


def table_in(name: str, text: str, hints: Hints) -> Table | None:
    """The table that a text is; None if it is none, by its first rows.

    Raises:
        CorpusError: if it is one, by name or because a person said so, without columns that hold speech.
    """
    named = _SEPARATOR.match(text)
    body = text[named.end() :] if named else text
    first_line = 2 if named else 1
    is_surely = bool(named or hints.text or name.lower().endswith(_SUFFIXES))
    tried = likely_dialects(body, [named[1]] if named else [])
    if not tried:
        return None
    if is_surely and '"' in body and all(len(row) == 1 for _, rows in tried for row in rows):
        within = "\n".join(row[0] for row in tried[0][0].reader(io.StringIO(body)) if row)  # each row was quoted whole
        if within != body.strip("\n"):
            return table_in(name, within, hints)
    fault: CorpusError | None = None
    for dialect, rows in tried:
        try:
            columns = columns_of(rows[0], hints, rows[1:])
        except CorpusError as error:
            fault = fault or error
            continue
        if columns and (columns.speaker is not None or hints.text or (is_surely and len(rows) > 1)):
            if columns.speaker is None and not hints.text:
                columns = _with_names(columns, rows[1:])
            has_titles = not (hints.text and hints.text.isdigit()) or _are_titles(rows)
            return Table(_escaped(body, dialect), columns, has_titles, len(rows[0]), body, first_line)
    if not is_surely:
        return None
    if not hints.text and (table := _below_a_head(body, first_line) or _untitled(body, first_line, tried)):
        return table
    raise fault or CorpusError(
        f"{name} has no column of speech that is known by its name: its first line reads {listed(tried[0][1][0])}. "
        f"Known are {', '.join(SPEAKER[:4])}, ... for who speaks, and {', '.join(TEXT[:3])}, line, ... for what is "
        "said; name others with --columns speaker=NAME,text=NAME, or by their places, as speaker=2,text=3"
    )


def _below_a_head(text: str, first_line: int) -> Table | None:
    """The table whose titles stand below some lines that say what it is."""
    lines = text.split("\n")
    for number in range(1, min(_FEW, len(lines))):
        body = "\n".join(lines[number:])
        for dialect, rows in likely_dialects(body)[:1]:
            columns = columns_of(rows[0], Hints(), rows[1:])
            if columns and columns.speaker is not None:
                return Table(_escaped(body, dialect), columns, True, len(rows[0]), body, first_line + number)
    return None


def bare_table_in(text: str) -> Table | None:
    """The table of two columns, names that come back and speeches, that a text is; None if it is none.

    Behind a comma in prose there is a space, in a table there is none.
    """
    tried = likely_dialects(text)[:1]
    is_even = all(len(rows) > _FEW and all(len(row) == 2 and row[1][:1] != " " for row in rows) for _, rows in tried)
    return _untitled(text, 1, tried) if is_even else None


def _untitled(text: str, first_line: int, tried: list[tuple[Dialect, list[list[str]]]]) -> Table | None:
    """The table whose columns have no known titles: the longest holds speech, one that changes row by row names."""
    for dialect, rows in tried[:1]:
        width = len(rows[0])
        if width < 2 or sum(len(row) == width for row in rows) < _MOSTLY * len(rows):
            continue
        what = max(range(width), key=lambda place: sum(len(row[place]) for row in rows if len(row) == width))
        columns = _with_names(Columns(None, what), rows)
        if columns.speaker is not None:
            return Table(_escaped(text, dialect), columns, _are_titles(rows), width, text, first_line)
    return None


def _with_names(columns: Columns, rows: Sequence[Sequence[str]]) -> Columns:
    """The columns with the one that holds names, if there is any: of several, the one that changes most."""
    width = max(map(len, rows), default=0)
    values = list(zip(*(row for row in rows if len(row) == width), strict=True))
    named = [place for place, column in enumerate(values) if place != columns.text and _are_names(column)]
    who = max(named, key=lambda place: sum(a != b for a, b in pairwise(values[place])), default=None)
    return columns._replace(speaker=who)


def _are_names(column: Sequence[str]) -> bool:
    """Whether names that come back fill most of a column."""
    names = Counter(field.strip() for field in column)
    repeated = sum(
        count for name, count in names.items() if count > 1 and len(name) <= _LONGEST_NAME and may_be_name(name)
    )
    return repeated > len(column) / 2


def _are_titles(rows: Sequence[Sequence[str]]) -> bool:
    """Whether a first row looks like titles: words, and not those that come again."""
    titles = rows[0]
    return all(re.fullmatch(r"[\w ]{0,30}", title) for title in titles) and all(titles[0] != row[0] for row in rows[1:])


def _escaped(text: str, dialect: Dialect) -> Dialect:
    """The dialect with a backslash as escape, if fewer rows are lost so."""
    if f"\\{dialect.quote}" not in text:
        return dialect
    with_escape = dialect._replace(escape="\\")
    lost = {it: sum(isinstance(row, Skip) for row in _rows("", text, it, 1)) for it in (dialect, with_escape)}
    return min(lost, key=lost.__getitem__)


def speeches_of(name: str, table: Table) -> Iterator[Speech | Skip]:
    """The table's speeches in its order, and the rows that could not be used."""
    is_markup = len(ENTITY.findall(table.text)) + len(_TAG.findall(table.text)) > table.text.count("\n") / 100
    rows = _rows(name, table.text, table.dialect, table.first_line)
    seen_titles = not table.has_titles
    who, what = table.columns
    for row in rows:
        if isinstance(row, Skip):
            yield row
        elif not seen_titles or _is_rule(row.fields):
            seen_titles = True
        elif fault := _row_fault(row.fields, table.width, what):
            yield Skip(name, row.line, *fault)
        else:
            speaker, text = ("" if who is None else row.fields[who]), row.fields[what]
            yield Speech(speaker, html.unescape(html.unescape(_TAG.sub(" ", text))) if is_markup else text)


def _is_rule(row: list[str]) -> bool:
    """Whether a row is the line below the titles of a table in Markdown."""
    return len(row) > 1 and all(re.fullmatch(r"\s*:?-+:?\s*", field) for field in row if field.strip()) and any(row)


def _row_fault(row: list[str], width: int, what: int) -> tuple[str, str] | None:
    if len(row) != width:
        return f"too {'few' if len(row) < width else 'many'} fields", f"{len(row)} of {width}"
    if any("\0" in field for field in row):
        return "a NUL, which no text has", ""
    if not row[what].strip():
        return "empty dialogue", ""
    return None


class _Row(NamedTuple):
    """A row and the number of its first line, from 1."""

    line: int
    fields: list[str]


def _rows(name: str, text: str, dialect: Dialect, first_line: int) -> Iterator[_Row | Skip]:
    """Each row that is not empty. A quotation mark that is not closed costs one line, not the rest of the file.

    Such a mark shows as a row of several lines and the wrong number of fields, or as an error of the parser. Its first
    line is skipped, and parsing begins anew behind it.
    """
    lines = io.StringIO(text).readlines()  # splitlines would also cut at form feeds and their like
    start, width = 0, None
    while start < len(lines):
        reader = dialect.reader(lines[start:], strict=True)
        begin = start
        try:
            for row in reader:
                first, begin = begin, start + reader.line_num
                width = width or len(row)
                if len(row) != width and begin - first > 1:
                    yield Skip(name, first + first_line, "a quotation mark that is not closed")
                    begin = first + 1
                    break
                if row:
                    yield _Row(first + first_line, row)
        except csv.Error as error:
            yield Skip(name, begin + first_line, "a row that can't be parsed", str(error))
            begin += 1
        start = begin
