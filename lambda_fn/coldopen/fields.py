"""Fields: the names and values of a request, read from text as JSON or a form has them."""

from __future__ import annotations

import json
import re
from typing import Any

from coldopen.errors import RequestError, shown
from coldopen.request import NUMBER_FIELDS, WHOLE_NUMBER_FIELDS

MAX_BYTES = 65_536
"""Of one request."""

_MAX_DEPTH = 20  # of lists and objects in each other; deeper ones would exhaust what writes them into a message
_MAX_DIGITS = 1000


def read_json(text: str, what: str = "the body") -> Any:
    """The value that a JSON text stands for.

    Args:
        what: how messages call the text.

    Raises:
        RequestError: 400, if it is not JSON, too deep, or says something twice.
    """

    def object_without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for name, value in pairs:
            if name in fields:  # JSON's readers differ in which of the two they take
                raise malformed(f"{what} has the field {shown(name)} twice")
            fields[name] = value
        return fields

    try:
        value = json.loads(
            text, parse_constant=_refuse_constant, parse_int=_whole_number, object_pairs_hook=object_without_repeats
        )
    except ValueError as error:
        raise malformed(f"{what} is not JSON: {error}") from None
    except RecursionError:
        raise _too_deep(what) from None
    check_depth(value, what)
    return value


def read_object(text: str, what: str = "the body") -> dict[str, Any]:
    """The fields that a JSON text holds; raises as `read_json` does, and if it is no object."""
    return as_object(read_json(text, what), what)


def as_object(value: Any, what: str = "the body") -> dict[str, Any]:
    """The value of a JSON text, as the fields that it must be; raises RequestError, 400, if it is no object."""
    if not isinstance(value, dict):
        raise malformed(f"{what} is JSON but no object: {shown(value)}")
    return value


def check_depth(value: Any, what: str = "the body") -> None:
    """Raise RequestError, 400, if lists and objects lie too deep in each other."""
    level = [value]
    for _ in range(_MAX_DEPTH + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    if level:
        raise _too_deep(what)


def check_size(size: int, what: str = "the body") -> None:
    """Raise RequestError, 413, for more bytes than a request may have."""
    if size > MAX_BYTES:
        raise RequestError(413, "body_too_large", f"{what} has {size:,} bytes; at most {MAX_BYTES:,} are read")


def from_text(name: str, value: str) -> object:
    """A field's value where all are strings, as in forms: numbers are read where a number belongs, as JSON has them."""
    if name in WHOLE_NUMBER_FIELDS and re.fullmatch(r"[+-]?[0-9]{1,20}", value):
        return int(value)
    if name in NUMBER_FIELDS and re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", value, re.IGNORECASE):
        return float(value)
    return value


def malformed(message: str) -> RequestError:
    """The error of what can't be read."""
    return RequestError(400, "malformed_body", message)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")


def _whole_number(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise ValueError(f"a number has {len(digits):,} digits; at most {_MAX_DIGITS:,} are read")
    return int(digits)


def _too_deep(what: str) -> RequestError:
    return malformed(f"{what} is not JSON that is read: lists and objects lie over {_MAX_DEPTH} deep in each other")
