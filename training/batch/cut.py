"""Cuts lines into batches that one invocation of the function can answer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from coldopen.request import DEFAULT_LENGTH, MAX_SCRIPTS
from coldopen.steering import MAX_EXTRA_WORDS
from training.batch.primes import Line

MAX_WORDS = 10_000
"""Words of a batch: some 3 s of the processor that measured, of the 29 s that the function has."""

MAX_BYTES = 200_000
"""Bytes of a batch's requests and their answers, of the 262,144 that a state of Step Functions may hold."""

MAX_REQUESTS = 500

_BYTES_PER_SCRIPT = 300  # of an answer beside prime and words: 200, and those of an error up to so many
_BYTES_PER_WORD = 6  # 3.5 in the format `script`

_MOST = 1000  # words that a script of lines may have, and that the template's MaxLength allows


def batches(lines: Iterator[Line]) -> Iterator[list[Line]]:
    """Cut lines, one after the other, into batches; a line that is too much by itself is one."""
    batch: list[Line] = []
    words = size = 0
    for line in lines:
        more_words = words_of(line.fields)
        more_bytes = bytes_of(line.fields, more_words)
        is_full = words + more_words > MAX_WORDS or size + more_bytes > MAX_BYTES or len(batch) == MAX_REQUESTS
        if batch and is_full:
            yield batch
            batch, words, size = [], 0, 0
        batch.append(line)
        words, size = words + more_words, size + more_bytes
    if batch:
        yield batch


def words_of(fields: Mapping[str, Any]) -> int:
    """The most words that a request can make the function write; what it refuses costs nothing, and counts as usual."""
    length = _whole(fields.get("length"), _MOST if fields.get("lines") else DEFAULT_LENGTH)
    extra = MAX_EXTRA_WORDS if fields.get("end", "length") != "length" else 0
    return min(_whole(fields.get("n"), 1), MAX_SCRIPTS) * (min(length, _MOST) + extra)


def bytes_of(fields: Mapping[str, Any], words: int) -> int:
    """The most bytes, about, of a request and its answer, which repeats the prime and has so many words."""
    scripts = min(_whole(fields.get("n"), 1), MAX_SCRIPTS)
    return (
        2 * len(json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace"))
        + scripts * _BYTES_PER_SCRIPT
        + words * _BYTES_PER_WORD
    )


def _whole(value: Any, default: int) -> int:
    return value if isinstance(value, int) and value > 0 else default
