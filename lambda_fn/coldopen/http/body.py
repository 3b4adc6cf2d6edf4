"""A request's body: JSON or a form, read into fields."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from coldopen.errors import RequestError, shown
from coldopen.fields import check_depth, check_size, from_text, malformed, read_object
from coldopen.http.message import JSON, Request

_FORM = "application/x-www-form-urlencoded"
_MAX_FORM_FIELDS = 20


def read_body(request: Request) -> dict[str, Any]:
    """The fields of a request's JSON or form body.

    Raises:
        RequestError: 400 for a body that can't be read, 413 for one over MAX_BYTES, 415 for another type.
    """
    if request.body is not None and not isinstance(request.body, str):
        raise malformed("the event's body is not a string, as API Gateway would send it: quote the JSON")
    sent = request.fields
    data = _decoded(request.body or "", request.is_base64) if sent is None else _encoded(sent)
    check_size(len(data))
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower() or JSON
    if media_type not in (JSON, _FORM):
        raise RequestError(415, "unsupported_media_type", f"the body is {media_type[:60]}; send {JSON} or {_FORM}")
    try:
        text = data.decode("utf-8-sig")  # some clients begin with a byte order mark
    except UnicodeDecodeError as error:
        raise malformed(f"the body is not UTF-8: byte {data[error.start]:#04x} at position {error.start}") from None
    return _json_fields(text) if media_type == JSON else _form_fields(text)


def _decoded(body: str, is_base64: bool) -> bytes:
    if not is_base64:
        return body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise malformed("the body is marked as base64 but is not") from None


def _encoded(fields: Mapping[str, Any]) -> bytes:
    check_depth(fields)
    return json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace")


def _json_fields(text: str) -> dict[str, Any]:
    if not text.strip():
        raise malformed('the body is empty; send JSON such as {"prime": "jerry", "length": 100}')
    return read_object(text)


def _form_fields(text: str) -> dict[str, Any]:
    if text.lstrip().startswith("{"):
        raise malformed(f"the body looks like JSON but was sent as a form; add the header Content-Type: {JSON}")
    if not text.strip():
        raise malformed("the body is empty; send a form such as prime=jerry&length=100")
    try:
        pairs = parse_qsl(
            text.strip("&"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MAX_FORM_FIELDS,
        )
    except ValueError as error:
        raise malformed(f"the body is not a form: {error}") from None
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name in fields:
            raise malformed(f"the form has the field {shown(name)} twice")
        fields[name] = from_text(name, value)
    return fields
