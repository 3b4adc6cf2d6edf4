"""JSON, or Python's text of the same: records of speeches in a list, at any depth, or one a line."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from training.data.errors import CorpusError, Skip
from training.data.formats.columns import Columns, columns_of, listed
from training.data.hints import Hints
from training.data.speeches import Speech

_DEEPEST = 50
_FEW = 8
_BETWEEN = re.compile(r"[\s,;]*")
_MOST_PYTHON = 16 * 2**20  # characters, as its parser takes a hundred times the memory


def is_json(text: str) -> bool:
    """Whether a text begins as JSON does, of lists and objects."""
    head = text.lstrip()[:400].replace(" ", "").replace("\n", "")
    return head.startswith(('{"', '[{"', '[["', '["', "{'", "[{'", "[['", "[('", '[("'))


def strings_in(text: str) -> str | None:
    """The lines in a JSON list of strings; None if a text is none."""
    try:
        values = json.loads(text, parse_int=float)
    except (ValueError, RecursionError):
        return None
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        return None
    return "\n".join(values) + "\n"


def records_in(name: str, text: str, hints: Hints) -> Iterator[Speech | Skip]:
    """The speeches in JSON, or in JSON lines.

    Raises:
        CorpusError: if it holds none, or is neither.
    """
    count = 0
    keys: Counter[str] = Counter()
    values = list(_values(name, text))
    if by_name := _named_by_key(values) or _listed_by_key(values):
        yield from by_name
        return
    for part in values:
        if isinstance(part, Skip):
            yield part
            continue
        for found in _speeches(part, hints, keys, 0):
            count += 1
            yield found
    if not count:
        known = f"its records have {listed([key for key, _ in keys.most_common()])}" if keys else "it has no records"
        raise CorpusError(
            f"{name} is JSON without a speech that is known by its name: {known}. Name the keys with --columns "
            "speaker=NAME,text=NAME"
        )


def _named_by_key(values: list[Any]) -> list[Speech]:
    """The speeches of `[{"Ann": "Hello."}, ...]`, whose keys are the speakers' names; none if it is something else."""
    records = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    if not all(isinstance(record, dict) and len(record) == 1 for record in records):
        return []
    speeches = [Speech(*next(iter(record.items()))) for record in records]
    names = {speech.speaker for speech in speeches}
    is_text = all(isinstance(speech.text, str) for speech in speeches)
    return speeches if is_text and 1 < len(names) < len(speeches) / 2 else []


def _listed_by_key(values: list[Any]) -> list[Speech]:
    """The speeches of `{"Ann": ["Hello.", ...], ...}`, a list for each speaker; none if it is something else."""
    lists = values[0] if len(values) == 1 and isinstance(values[0], dict) else {}
    said = [(name, text) for name, texts in lists.items() for text in (texts if isinstance(texts, list) else [None])]
    is_text = all(isinstance(text, str) for _, text in said) and not _columns(list(lists), Hints())
    return [Speech(*pair) for pair in said] if is_text and 1 < len(lists) < len(said) / 2 else []


def _values(name: str, text: str) -> Iterator[Any]:
    """The whole, or each line's value if the text is no JSON as a whole, or values one behind the other."""
    try:
        yield _value(text)
        return
    except RecursionError:
        raise CorpusError(f"{name} is JSON of lists inside lists, too many to be read") from None
    except ValueError as error:
        whole = error
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    values, skips = [], []
    for number, line in lines:
        try:
            values.append(_value(line.rstrip().removesuffix(",")))
        except (ValueError, RecursionError):
            skips.append(Skip(name, number, "a line that is no JSON"))
    if len(values) < len(lines) / 2:
        try:
            values, skips = _in_a_row(text), []
        except (ValueError, RecursionError):
            raise CorpusError(f"{name} begins as JSON does but can't be read: {whole}") from None
    yield from values
    yield from skips


def _value(text: str) -> Any:
    """The value in JSON, or in what Python prints of lists and dicts.

    Raises:
        ValueError: if it is neither.
        RecursionError: if it is nested too deep.
    """
    try:
        return json.loads(text, parse_int=float)  # an integer may have more digits than Python takes
    except ValueError as error:
        if len(text) > _MOST_PYTHON or "'" not in text:
            raise
        try:
            return json.loads(json.dumps(ast.literal_eval(text.strip())))  # tuples become lists
        except (ValueError, SyntaxError, TypeError, MemoryError):
            raise error from None


def _in_a_row(text: str) -> list[Any]:
    """Values that stand one behind the other, each on lines of its own or none."""
    decoder = json.JSONDecoder(parse_int=float)
    values, place = [], 0
    while (place := _behind(text, place)) < len(text):
        value, place = decoder.raw_decode(text, place)
        values.append(value)
    return values


def _behind(text: str, place: int) -> int:
    blank = _BETWEEN.match(text, place)
    return blank.end() if blank else place


def _by_columns(value: dict[str, Any], hints: Hints) -> list[dict[str, Any]] | None:
    """The records of a table that was written column by column, as pandas does; None if it is none."""
    titles, rows = value.get("columns"), value.get("data")
    if isinstance(titles, list) and isinstance(rows, list) and all(isinstance(row, list) for row in rows):
        return [dict(zip(map(str, titles), row, strict=False)) for row in rows]
    columns = {
        key: list(column.values()) if isinstance(column, dict) else column
        for key, column in value.items()
        if isinstance(column, dict | list)
    }
    lengths = {len(column) for column in columns.values()}
    found = _columns(list(columns), hints)
    if found is None or found.speaker is None or len(lengths) != 1 or max(lengths) <= 2:
        return None
    if not all(isinstance(said, str | None) for said in [*columns.values()][found.text]):
        return None
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _columns(titles: Sequence[str], hints: Hints) -> Columns | None:
    try:
        return columns_of(titles, hints)
    except CorpusError:
        return None


def _are_spoken(value: Any, hints: Hints) -> bool:
    """Whether a value is a list of records that say who speaks."""
    if not isinstance(value, list):
        return False
    found = [_columns([str(key) for key in part], hints) for part in value[:_FEW] if isinstance(part, dict)]
    return any(columns is not None and columns.speaker is not None for columns in found)


def _speeches(value: Any, hints: Hints, keys: Counter[str], depth: int) -> Iterator[Speech]:
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        if rows := _by_columns(value, hints):
            yield from _speeches(rows, hints, keys, depth + 1)
            return
        if speech := _speech(value, hints):
            yield speech
            return
        keys.update(str(key) for key in value)
        for inside in value.values():
            if isinstance(inside, dict | list):
                yield from _speeches(inside, hints, keys, depth + 1)
    elif isinstance(value, list):
        if len(value) == 2 and all(isinstance(part, str) for part in value) and depth == 1:
            yield Speech(value[0], value[1])
            return
        for inside in value:
            if isinstance(inside, dict | list):
                yield from _speeches(inside, hints, keys, depth + 1)


def _speech(record: dict[str, Any], hints: Hints) -> Speech | None:
    """The speech that an object is; None if it holds none, or speeches inside itself."""
    columns = _columns([str(key) for key in record], hints)
    if not columns:
        return None
    values = list(record.values())
    if _are_spoken(values[columns.text], hints):
        return None
    if columns.speaker is None and any(_are_spoken(value, hints) for value in values):
        return None
    text = _string(values[columns.text])
    if text is None:
        return None
    who = "" if columns.speaker is None else _string(values[columns.speaker]) or ""
    return Speech(who, text)


def _string(value: Any) -> str | None:
    """A value as text: a string, a list of strings, or an object with a name."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value and all(isinstance(part, str | dict) for part in value):
        parts = [part if isinstance(part, str) else part.get("text") or part.get("name") for part in value]
        return " & ".join(parts) if all(isinstance(part, str) for part in parts) and "" not in parts else None
    if isinstance(value, dict):
        name = next((value[key] for key in ("name", "username", "nickname", "text") if key in value), None)
        return name if isinstance(name, str) else None
    return None
