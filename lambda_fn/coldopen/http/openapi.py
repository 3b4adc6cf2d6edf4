"""The API's description: openapi.json, with the limits that depend on the settings and on the model filled in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from coldopen.writer import Writer

_FILE = Path(__file__).with_name("openapi.json")


def read_openapi(max_length: int, writer: Writer | None) -> dict[str, Any]:
    """The OpenAPI document.

    Args:
        max_length: the most words that may be asked for, in one script.
        writer: the model; None while it can't be had, and the document says nothing of it then.
    """
    text = _FILE.read_text(encoding="utf-8")
    if writer:
        text = text.replace('"wide"', json.dumps(writer.name))  # the model that ships, in examples
    document: dict[str, Any] = json.loads(text)
    schemas = document["components"]["schemas"]
    generate, form, completion = (
        schemas[name]["properties"] for name in ("GenerateRequest", "GenerateForm", "CompletionRequest")
    )
    for field in (generate["length"], form["length"], completion["max_tokens"], generate["lines"], form["lines"]):
        _limit(field, max_length)
    if writer:
        completion["model"]["enum"] = [writer.name]
        for field in (generate["top_k"], form["top_k"]):
            _limit(field, len(writer.vocabulary))
    return document


def _limit(field: dict[str, Any], most: int) -> None:
    field["maximum"] = most
    if field.get("default") is not None:
        field["default"] = min(field["default"], most)
