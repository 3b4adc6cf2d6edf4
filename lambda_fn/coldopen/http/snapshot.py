"""The snapshot: what SnapStart keeps of a function that has started, and what its copies must not share.

Lambda runs INIT once, keeps the process's memory, and each execution environment goes on from a copy of it. What INIT
left for later is therefore done before, and nothing that must differ between copies is in it: each request draws its
random numbers from the operating system, and what reads from S3 keeps no client.

Source: AWS, "Lambda SnapStart runtime hooks for Python" and "Handling uniqueness with Lambda SnapStart".
"""

from __future__ import annotations

import gc
import random
import time
from typing import Any

from coldopen.default_prime import default_prime
from coldopen.errors import ColdOpenError
from coldopen.http.message import Request
from coldopen.http.routes import Api
from coldopen.screenplay import FORMATS
from coldopen.writer import Writer

_LIMIT_S = 60.0


def keep_for_snapshot(api: Api) -> None:
    """Have Lambda's runtime prepare the snapshot, and each copy of it."""
    from snapshot_restore_py import register_after_restore, register_before_snapshot  # the runtime's, if that has it

    register_before_snapshot(prepare, api)
    register_after_restore(random.seed)  # what libraries draw, such as pauses between attempts


def prepare(api: Api) -> None:
    """Load the model, and do all once that requests would find undone, so that memory holds what they need.

    Raises:
        ColdOpenError: if the model can't be had or doesn't write; the version that is published fails, not its users.
    """
    writer = api.model.writer()
    writer.prepare()
    for request in _one_of_each(writer):
        reply = api.answer(request)
        if reply.status != 200:
            asked = f"{request.method} {request.path}"
            raise ColdOpenError(f"no snapshot can be made: {asked} was answered {reply.status}, {reply.body[:500]}")
    api.model.copies()
    api.log.forget_load()
    gc.unfreeze()  # INIT froze what was left of its clients too, and that is garbage with credentials in it
    gc.collect()
    gc.freeze()


def _one_of_each(writer: Writer) -> list[Request]:
    """A request of each kind, with as many words as are written by default."""
    prime, deadline = default_prime(writer.vocabulary.words), time.monotonic() + _LIMIT_S
    asked: list[dict[str, Any]] = [
        *({"prime": prime, "format": form} for form in FORMATS),
        {"prime": prime, "n": 2, "end": "sentence"},
        {"requests": [{"prime": prime}]},
    ]
    pages = ("/", "/page.css", "/page.js", "/health", "/vocabulary", "/openapi.json", "/docs", "/v1/models")
    return [
        *(Request("POST", "/generate", fields=fields, deadline=deadline) for fields in asked),
        Request("POST", "/v1/completions", fields={"model": writer.name, "prompt": prime}, deadline=deadline),
        *(Request("GET", path) for path in pages),
    ]
