"""A request's body: JSON or a form, read into fields."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from coldopen.errors import RequestError, shown
from coldopen.http.message import JSON, Request
from coldopen.request import NUMBER_FIELDS, WHOLE_NUMBER_FIELDS

MAX_BODY_BYTES = 65_536
MAX_DEPTH = 20  # of lists and objects in each other; deeper ones would exhaust what writes them into a message

_FORM = "application/x-www-form-urlencoded"
_MAX_FORM_FIELDS = 20
_MAX_DIGITS = 1000


def read_body(request: Request) -> dict[str, Any]:
    """The fields of a request's JSON or form body.

    Raises:
        RequestError: 400 for a body that can't be read, 413 for one over MAX_BODY_BYTES, 415 for another type.
    """
    if request.body is not None and not isinstance(request.body, str):
        raise _malformed("the event's body is not a string, as API Gateway would send it: quote the JSON")
    sent = request.fields
    data = _decoded(request.body or "", request.is_base64) if sent is None else _encoded(sent)
    if len(data) > MAX_BODY_BYTES:
        message = f"the body has {len(data):,} bytes; at most {MAX_BODY_BYTES:,} are read"
        raise RequestError(413, "body_too_large", message)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower() or JSON
    if media_type not in (JSON, _FORM):
        raise RequestError(415, "unsupported_media_type", f"the body is {media_type[:60]}; send {JSON} or {_FORM}")
    try:
        text = data.decode("utf-8-sig")  # some clients begin with a byte order mark
    except UnicodeDecodeError as error:
        raise _malformed(f"the body is not UTF-8: byte {data[error.start]:#04x} at position {error.start}") from None
    return _json_fields(text) if media_type == JSON else _form_fields(text)


def _decoded(body: str, is_base64: bool) -> bytes:
    if not is_base64:
        return body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise _malformed("the body is marked as base64 but is not") from None


def _encoded(fields: Mapping[str, Any]) -> bytes:
    _check_depth(fields)
    return json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace")


def _json_fields(text: str) -> dict[str, Any]:
    if not text.strip():
        raise _malformed('the body is empty; send JSON such as {"prime": "jerry", "length": 100}')
    try:
        fields = json.loads(
            text, parse_constant=_refuse_constant, parse_int=_whole_number, object_pairs_hook=_object_without_repeats
        )
    except ValueError as error:
        raise _malformed(f"the body is not JSON: {error}") from None
    except RecursionError:
        raise _too_deep() from None
    _check_depth(fields)
    if not isinstance(fields, dict):
        raise _malformed(f"the body is JSON but no object: {shown(fields)}")
    return fields


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")


def _whole_number(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise ValueError(f"a number has {len(digits):,} digits; at most {_MAX_DIGITS:,} are read")
    return int(digits)


def _object_without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name in fields:  # JSON's readers differ in which of the two they take
            raise _malformed(f"the body has the field {shown(name)} twice")
        fields[name] = value
    return fields


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    if level:
        raise _too_deep()


def _too_deep() -> RequestError:
    return _malformed(f"the body is not JSON that is read: lists and objects lie over {MAX_DEPTH} deep in each other")


def _form_fields(text: str) -> dict[str, Any]:
    if text.lstrip().startswith("{"):
        raise _malformed(f"the body looks like JSON but was sent as a form; add the header Content-Type: {JSON}")
    if not text.strip():
        raise _malformed("the body is empty; send a form such as prime=jerry&length=100")
    try:
        pairs = parse_qsl(
            text.strip("&"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MAX_FORM_FIELDS,
        )
    except ValueError as error:
        raise _malformed(f"the body is not a form: {error}") from None
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name in fields:
            raise _malformed(f"the form has the field {shown(name)} twice")
        fields[name] = _form_value(name, value)
    return fields


def _form_value(name: str, value: str) -> object:
    """A form has only strings: numbers are read where a number belongs, as JSON would write them."""
    if name in WHOLE_NUMBER_FIELDS and re.fullmatch(r"[+-]?[0-9]{1,20}", value):
        return int(value)
    if name in NUMBER_FIELDS and re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", value, re.IGNORECASE):
        return float(value)
    return value


def _malformed(message: str) -> RequestError:
    return RequestError(400, "malformed_body", message)
