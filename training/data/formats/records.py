"""JSON: records of speeches in a list, at any depth, or one a line."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from training.data.errors import CorpusError, Skip
from training.data.formats.columns import columns_of, listed
from training.data.hints import Hints
from training.data.speeches import Speech

_DEEPEST = 50


def is_json(text: str) -> bool:
    """Whether a text begins as JSON does, of lists and objects."""
    head = text.lstrip()[:400].replace(" ", "").replace("\n", "")
    return head.startswith(('{"', '[{"', '[["', '["'))


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
    if by_name := _named_by_key(values):
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


def _values(name: str, text: str) -> Iterator[Any]:
    """The whole, or each line's value if the text is no JSON as a whole."""
    try:
        yield json.loads(text, parse_int=float)  # an integer may have more digits than Python takes
        return
    except RecursionError:
        raise CorpusError(f"{name} is JSON of lists inside lists, too many to be read") from None
    except ValueError as error:
        whole = error
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    values, skips = [], []
    for number, line in lines:
        try:
            values.append(json.loads(line.rstrip().removesuffix(","), parse_int=float))
        except (ValueError, RecursionError):
            skips.append(Skip(name, number, "a line that is no JSON"))
    if len(values) < len(lines) / 2:
        raise CorpusError(f"{name} begins as JSON does but can't be read: {whole}")
    yield from values
    yield from skips


def _speeches(value: Any, hints: Hints, keys: Counter[str], depth: int) -> Iterator[Speech]:
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
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
    titles = [str(key) for key in record]
    try:
        columns = columns_of(titles, hints)
    except CorpusError:
        return None
    if not columns:
        return None
    values = list(record.values())
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
