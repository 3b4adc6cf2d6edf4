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
    for name, words in (("prime", _WORDS), ("prompt", _WORDS), ("stop", _WORDS), ("cast", _NAMES)):
        if name in case.body:
            case.body[name] = _known(case.body[name], words)
    if case.body.get("no_copy"):
        case.body["no_copy"] = max(case.body["no_copy"], _COPIED_RUN)
    length = "max_tokens" if "prompt" in case.body else "length"
    case.body[length] = min(_FEW_WORDS if case.body.get(length) is None else case.body[length], _FEW_WORDS)


def _known(value: Any, words: tuple[str, ...]) -> Any:
    """The text, or the texts, with each word changed into one that the model knows."""
    if isinstance(value, list):
        return [_known(text, words) for text in value]
    if not isinstance(value, str):
        return value
    return re.sub(r"[^\s,]+", lambda found: words[len(found[0]) % len(words)], value)
