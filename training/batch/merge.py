"""Merging: the results of batches, as the state machine keeps them in S3, become lines again."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from typing import Any

from training.batch.primes import Line
from training.release.store import Store

FAILED = "failed"
"""The code of the error of a line whose batch failed."""

REDO = (FAILED, "deadline", "model_unavailable", "internal_error")
"""The codes of errors that may not come again: all others are the request's own fault."""

_AT_ONCE = 16


def answers(
    store: Store, folder: str, batches: Iterator[list[Line]], version: str, status: str
) -> Iterator[dict[str, Any]]:
    """The answer of each line of the batches, in order: what it got, or why it got nothing.

    Args:
        store: where the results are.
        folder: below it, with a slash at its end.
        version: of the model that was to write.
        status: how the execution ended.
    """
    numbered = enumerate(batches, 1)
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        under_way: deque[Future[list[dict[str, Any]]]] = deque()
        while True:
            for number, batch in islice(numbered, _AT_ONCE - len(under_way)):
                under_way.append(threads.submit(_answers_of, store, f"{folder}{number}", len(batch), version, status))
            if not under_way:
                return
            yield from under_way.popleft().result()


def _answers_of(store: Store, name: str, count: int, version: str, status: str) -> list[dict[str, Any]]:
    kept = store.get(f"{name}.json")
    if kept is None:
        return [_failed(_reason(store.get(f"{name}.failed.json"), status))] * count
    contents = _json(kept)
    if not isinstance(contents, list) or len(contents) != count:
        return [_failed(f"the function answered the batch with {json.dumps(contents)[:200]}")] * count
    return [_of_version(content, version) for content in contents]


def _of_version(content: dict[str, Any], version: str) -> dict[str, Any]:
    other = content.get("model", {}).get("version", version)
    return content if other == version else _failed(f"model version {other} wrote it, and {version} was to write")


def _reason(noted: bytes | None, status: str) -> str:
    if noted is None:
        return f"the batch was not written: the execution ended as {status}"
    failure = _json(noted)
    cause = failure.get("Cause", "")
    with suppress(ValueError, KeyError, TypeError):  # it may be a text
        cause = json.loads(cause)["errorMessage"]
    return f"the batch failed: {failure.get('Error', 'unknown')}: {cause[:300]}"


def _failed(message: str) -> dict[str, Any]:
    return {"error": {"code": FAILED, "message": message}}


def _json(data: bytes) -> Any:
    """What Step Functions has written: JSON, or a string of it."""
    value = json.loads(data)
    return json.loads(value) if isinstance(value, str) else value
