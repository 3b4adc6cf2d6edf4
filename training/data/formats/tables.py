"""Tables: CSV and TSV with any delimiter, quoted or escaped in any usual way."""

from __future__ import annotations

import csv
import html
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from training.data.errors import CorpusError, Skip
from training.data.formats.columns import SPEAKER, TEXT, Columns, columns_of, listed
from training.data.hints import Hints
from training.data.speeches import Speech

_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", "^": "carets"}
_SEPARATOR = re.compile(r"sep=(.)\n", re.IGNORECASE)
_SUFFIXES = (".csv", ".tsv", ".tab", ".psv")
_SAMPLE, _FEW = 50, 10
_ENTITY = re.compile(
    r"&(?:#\d+|#x[0-9a-f]+|amp|quot|apos|lt|gt|nbsp|[lr]squo|[lr]dquo|hellip|[mn]dash);", re.IGNORECASE
)
_TAG = re.compile(r"</?(?:i|b|em|strong|u|p|br|span|div|font)\b[^<>]*/?>", re.IGNORECASE)


class Dialect(NamedTuple):
    """How fields stand apart, and how a mark stands inside one."""

    delimiter: str
    quote: str = '"'
    escape: str | None = None

    def __str__(self) -> str:
        parts = [f"a table with {_DELIMITERS.get(self.delimiter, repr(self.delimiter))}"]
        if self.quote != '"':
            parts.append("single quotes")
        if self.escape:
            parts.append("quotes escaped by a backslash")
        return ", ".join(parts)


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
    tried = _tried(body, [named[1]] if named else [*_DELIMITERS])
    if not tried:
        return None
    fault: CorpusError | None = None
    for dialect, rows in tried:
        try:
            columns = columns_of(rows[0], hints, rows[1:])
        except CorpusError as error:
            fault = fault or error
            continue
        if columns and (columns.speaker is not None or hints.text or (is_surely and len(rows) > 1)):
            has_titles = not (hints.text and hints.text.isdigit()) or _are_titles(rows)
            return Table(_escaped(body, dialect), columns, has_titles, len(rows[0]), body, first_line)
    dialect, rows = tried[0]
    if is_surely and len(rows[0]) == 2 and _names_repeat(rows):
        return Table(_escaped(body, dialect), Columns(0, 1), _are_titles(rows), 2, body, first_line)
    if is_surely:
        raise fault or CorpusError(
            f"{name} has no column of speech that is known by its name: its first line reads {listed(rows[0])}. Known "
            f"are {', '.join(SPEAKER[:4])}, ... for who speaks, and {', '.join(TEXT[:3])}, line, ... for what is said; "
            "name others with --columns speaker=NAME,text=NAME"
        )
    return None


def bare_table_in(text: str) -> Table | None:
    """The table of two columns, names that come back and speeches, that a text is; None if it is none.

    Behind a comma in prose there is a space, in a table there is none.
    """
    for dialect, rows in _tried(text, [*_DELIMITERS])[:1]:
        is_even = len(rows) > _FEW and all(len(row) == 2 and row[1][:1] != " " for row in rows)
        if is_even and _names_repeat(rows):
            return Table(_escaped(text, dialect), Columns(0, 1), _are_titles(rows), 2, text, 1)
    return None


def _tried(text: str, delimiters: Sequence[str]) -> list[tuple[Dialect, list[list[str]]]]:
    """The first rows of a text by each dialect that it may have, the likeliest first."""
    quotes = ("'", '"') if text.lstrip()[:1] == "'" else ('"',)
    dialects = [Dialect(delimiter, quote) for delimiter in delimiters for quote in quotes]
    tried = [(dialect, rows) for dialect in dialects if (rows := _first_rows(text, dialect))]
    return sorted(tried, key=lambda it: -_evenness(it[1]))


def _first_rows(text: str, dialect: Dialect) -> list[list[str]]:
    """Some rows, as far as they can be told apart."""
    lines = io.StringIO(text[: 64 * 1024 * 16])
    rows: list[list[str]] = []
    try:
        for row in csv.reader(lines, delimiter=dialect.delimiter, quotechar=dialect.quote):
            if any(field.strip() for field in row):
                rows.append(row)
            if len(rows) > _SAMPLE:
                break
    except csv.Error:
        pass
    return rows


def _evenness(rows: Sequence[Sequence[str]]) -> float:
    """How sure a delimiter is: the share of rows as wide as the first, if that has two fields or more."""
    width = len(rows[0])
    return 0 if width < 2 else sum(len(row) == width for row in rows) / len(rows) + width / 1000


def _names_repeat(rows: Sequence[Sequence[str]]) -> bool:
    names = Counter(row[0].strip() for row in rows if len(row) == 2)
    repeated = sum(count for name, count in names.items() if count > 1 and len(name) <= 40)
    return repeated > len(rows) / 2


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
    is_markup = len(_ENTITY.findall(table.text)) + len(_TAG.findall(table.text)) > table.text.count("\n") / 100
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
            yield Speech(speaker, html.unescape(_TAG.sub(" ", text)) if is_markup else text)


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
        reader = csv.reader(
            lines[start:],
            strict=True,
            delimiter=dialect.delimiter,
            quotechar=dialect.quote,
            escapechar=dialect.escape,
        )
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
