"""A file of primes: one a line, CSV, or JSON lines, with any of the request's fields."""

from __future__ import annotations

import csv
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, NamedTuple

from coldopen.answer import error_content
from coldopen.errors import RequestError, shown
from coldopen.fields import as_object, check_size, from_text, malformed, read_json
from coldopen.request import FIELDS, MAX_SEED
from training.batch.errors import BatchError
from training.batch.text import lines_of

if TYPE_CHECKING:
    from _csv import Reader

Kind = Literal["text", "csv", "json"]

STANDARD = "-"
"""The name of standard input and output."""

_KINDS: dict[str, Kind] = {
    ".txt": "text",
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
}
_DELIMITERS = ",;\t"


class Line(NamedTuple):
    """A line that holds a prime.

    Attributes:
        number: its place in the file, from 1; empty lines are counted, and skipped.
        fields: of its request, seed included; empty if they can't be read.
        error: what is wrong with it, as an answer has it; None if its fields could be read.
    """

    number: int
    fields: dict[str, Any]
    error: dict[str, Any] | None = None

    def digest(self, version: str) -> str:
        """Names what a model of this version makes of it: 12 hex digits."""
        return hashlib.sha256(_canonical([version, self.fields, self.error])).hexdigest()[:12]


@contextmanager
def open_primes(name: str) -> Iterator[IO[bytes]]:
    """Open a file of primes, or standard input for `-`.

    Raises:
        BatchError: if it can't be opened.
    """
    if name == STANDARD:
        yield sys.stdin.buffer
        return
    with ExitStack() as stack:
        try:
            file = stack.enter_context(Path(name).open("rb"))
        except OSError as error:
            raise BatchError(f"{name} can't be read: {error.strerror}; --primes names a file of primes") from None
        yield file


def read_primes(stream: IO[bytes], name: str, options: Mapping[str, Any]) -> Iterator[Line]:
    """The lines of a file of primes, one after the other.

    Its name's end says what it is: .txt, .csv, .tsv, .json, .jsonl, .ndjson. Any other is JSON if it begins with { or
    [, CSV if its first line names a column `prime` and nothing that is no field, and a prime a line else.

    Args:
        name: the file's.
        options: fields for lines that do not say otherwise. A line without a seed gets one that is made of its number
            and what it says: the same each time.

    Raises:
        BatchError: if it is CSV without a header, or with one that can't be used.
    """
    rest = enumerate(lines_of(stream), 1)
    first = next(((number, line) for number, line in rest if line.strip()), None)
    if first is None:
        return
    number, head = first
    lines = chain([first], rest)
    kind = _KINDS.get(Path(name).suffix.lower()) or _kind_of(head)
    if kind == "csv":
        found = _csv_lines((line for _, line in lines), number, name)
    elif kind == "json":
        found = _json_lines(lines, head)
    else:
        found = ((number, {"prime": line.strip()}) for number, line in lines if line.strip())
    for number, said in found:
        yield _line(number, said, options)


def _line(number: int, said: dict[str, Any] | RequestError, options: Mapping[str, Any]) -> Line:
    if isinstance(said, RequestError):
        return Line(number, {}, error_content(said))
    try:
        check_size(len(json.dumps(said, ensure_ascii=False).encode("utf-8", "replace")), "the line")
    except RequestError as error:
        return Line(number, {}, error_content(error))
    fields = {**options, **{name: value for name, value in said.items() if value is not None}}
    if "seed" not in fields:
        fields["seed"] = int.from_bytes(hashlib.sha256(_canonical([number, said])).digest()[:4]) % (MAX_SEED + 1)
    return Line(number, fields)


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True).encode()


def _kind_of(head: str) -> Kind:
    """What a file without a telling name is, by its first line."""
    if head.lstrip().startswith(("{", "[")):
        return "json"
    columns = _columns(head)
    return "csv" if "prime" in columns and set(columns) <= set(FIELDS) else "text"


def _columns(head: str) -> list[str]:
    """The names in a header."""
    return [cell.strip().lower() for cell in next(_rows([head], head), [])]


def _rows(lines: Iterable[str], head: str) -> Reader:
    """Reads lines as CSV whose header is `head`; what is too long is told so where it is checked, and not the end."""
    csv.field_size_limit(2**31 - 1)
    return csv.reader(lines, delimiter=max(_DELIMITERS, key=head.count))


def _csv_lines(lines: Iterator[str], first: int, name: str) -> Iterator[tuple[int, dict[str, Any] | RequestError]]:
    head = next(lines)
    columns = _columns(head)
    _check_header(columns, head, name)
    rows = _rows(lines, head)
    begin = 1
    for row in rows:
        number, begin = first + begin, rows.line_num + 1
        if len(row) > len(columns):
            yield number, malformed(f"the row has {len(row)} cells, and the header names {len(columns)} columns")
        elif any(cell.strip() for cell in row):
            named = zip(columns, row, strict=False)  # a row may be shorter
            yield number, {column: from_text(column, cell.strip()) for column, cell in named if cell.strip()}


def _check_header(columns: list[str], head: str, name: str) -> None:
    if "prime" not in columns:
        raise BatchError(
            f"{name} has no column named prime: its first line is {shown(head.strip())}. Put a header before it, such"
            " as prime,length,seed"
        )
    for column in columns:
        if column not in FIELDS:
            raise BatchError(f"{name} has a column {shown(column)}, which is no field; fields are {', '.join(FIELDS)}")
        if columns.count(column) > 1:
            raise BatchError(f"{name} has two columns named {column}: leave one of them out")


def _json_lines(lines: Iterator[tuple[int, str]], head: str) -> Iterator[tuple[int, dict[str, Any] | RequestError]]:
    if head.lstrip().startswith("["):
        whole = [line for _, line in lines]
        try:
            items = json.loads("".join(whole))
        except ValueError:
            lines = iter(enumerate(whole, 1))
        else:
            yield from ((number, _fields_of(json.dumps(item))) for number, item in enumerate(items, 1))
            return
    yield from ((number, _fields_of(line)) for number, line in lines if line.strip())


def _fields_of(text: str) -> dict[str, Any] | RequestError:
    """What a line of JSON asks: an object's fields, or a prime by itself."""
    try:
        check_size(len(text.rstrip().encode("utf-8", "replace")), "the line")
        value = read_json(text, "the line")
        return {"prime": value} if isinstance(value, str) else as_object(value, "the line")
    except RequestError as error:
        return error
