"""Replies: a status, headers and JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from coldopen.draft import Written
from coldopen.errors import RequestError
from coldopen.http.message import Reply, Work
from coldopen.http.model import RETRY_AFTER_S
from coldopen.request import GenerateRequest
from coldopen.screenplay import render
from coldopen.task import Task
from coldopen.writer import Writer


def json_reply(status: int, content: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Reply:
    """A reply with this content."""
    return Reply(status, json.dumps(content), headers=headers or {})


def error_reply(error: RequestError, headers: Mapping[str, str] | None = None) -> Reply:
    """What a client is told of an error."""
    content: dict[str, Any] = {"code": error.code, "message": str(error)}
    if error.field is not None:
        content["field"] = error.field
    if error.suggestions:
        content["suggestions"] = list(error.suggestions)
    if error.status == 503:
        headers = {**(headers or {}), "Retry-After": str(RETRY_AFTER_S)}
    return json_reply(error.status, {"error": content}, headers)._replace(code=error.code)


def scripts_reply(
    request: GenerateRequest, task: Task, texts: Sequence[Written], writer: Writer, took_s: float
) -> Reply:
    """The scripts that were asked for: one by itself, several in a list.

    Args:
        texts: one for each of the request's seeds.
        took_s: the seconds that writing them took.
    """
    scripts = [
        {
            "script": render(text.words, request.format, writer.lexicon),
            "length": text.length,
            "finish_reason": text.finish_reason,
            "seed": seed,
        }
        for text, seed in zip(texts, request.seeds, strict=True)
    ]
    reply = json_reply(
        200,
        {
            **(scripts[0] if request.n == 1 else {"scripts": scripts}),
            "prime": request.prime,
            **({"prime_words_left_out": task.left_out} if task.left_out else {}),
            "model": model_content(writer),
            "timing": {
                "generate_ms": round(took_s * 1000, 1),
                "words_per_s": round(sum(text.length for text in texts) / max(took_s, 1e-9)),
            },
        },
    )
    return reply._replace(work=work_of(texts, took_s))


def work_of(texts: Sequence[Written], took_s: float) -> Work:
    """What texts are to the log, that took so many seconds to write."""
    reasons = sorted({text.finish_reason for text in texts})
    return Work(sum(text.length for text in texts), took_s * 1000, ",".join(reasons))


def model_content(writer: Writer) -> dict[str, str]:
    """The model's name and version, as every reply shows them."""
    return {"name": writer.name, "version": writer.version}
