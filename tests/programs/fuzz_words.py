"""What openapi.json can't say, put right in the requests that schemathesis means to be valid.

A model knows some words and no others, some names and no others, and its scripts by runs of eight words; a reply of
completions holds so many words and no more. Scripts are kept short too, so that a minute holds many. Requests that are
meant to be invalid stay as they are.
"""

from __future__ import annotations

import re
from typing import Any

import schemathesis

_WORDS = ("jerry", "the", "soup", "is", "what", "hello", "you", "?", "no", "kramer:")
_NAMES = ("jerry", "george", "elaine", "kramer")
_COPIED_RUN = 8
_FEW_WORDS = 20


@schemathesis.hook  # type: ignore[misc]
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    """Change a request that is meant to be valid so that the model can follow it."""
    meant_valid = case.meta is not None and case.meta.generation.mode.is_positive
    if not meant_valid or not isinstance(case.body, dict):
        return
    for name in ("prime", "prompt", "stop"):
        if name in case.body:
            case.body[name] = _changed(case.body[name], r"\S+", _WORDS)
    if isinstance(case.body.get("cast"), list):
        case.body["cast"] = _changed(case.body["cast"], r"(?s).+", _NAMES)
    elif "cast" in case.body:
        case.body["cast"] = _changed(case.body["cast"], r"[^,]+", _NAMES)
    if case.body.get("no_copy"):
        case.body["no_copy"] = max(case.body["no_copy"], _COPIED_RUN)
    length = "max_tokens" if "prompt" in case.body else "length"
    case.body[length] = min(_FEW_WORDS if case.body.get(length) is None else case.body[length], _FEW_WORDS)


def _changed(value: Any, pattern: str, known: tuple[str, ...]) -> Any:
    """A text, or the texts of a list, with each part that the pattern finds changed into what the model knows."""
    if isinstance(value, list):
        return [_changed(text, pattern, known) for text in value]
    if not isinstance(value, str):
        return value
    return re.sub(pattern, lambda found: known[len(found[0]) % len(known)], value)
