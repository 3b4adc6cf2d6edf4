"""Replies: a status, headers and JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from coldopen.answer import error_content, scripts_content
from coldopen.draft import Written
from coldopen.errors import RequestError
from coldopen.http.message import Reply, Work
from coldopen.http.model import RETRY_AFTER_S
from coldopen.request import GenerateRequest
from coldopen.task import Task
from coldopen.writer import Writer


def json_reply(status: int, content: Any, headers: Mapping[str, str] | None = None) -> Reply:
    """A reply with this content."""
    return Reply(status, json.dumps(content), headers=headers or {})


def error_reply(error: RequestError, headers: Mapping[str, str] | None = None) -> Reply:
    """What a client is told of an error."""
    if error.status == 503:
        headers = {**(headers or {}), "Retry-After": str(RETRY_AFTER_S)}
    return json_reply(error.status, error_content(error), headers)._replace(code=error.code)


def scripts_reply(
    request: GenerateRequest, task: Task, texts: Sequence[Written], writer: Writer, took_s: float
) -> Reply:
    """The scripts that were asked for: one by itself, several in a list.

    Args:
        texts: one for each of the request's seeds.
        took_s: the seconds that writing them took.
    """
    timing = {
        "generate_ms": round(took_s * 1000, 1),
        "words_per_s": round(sum(text.length for text in texts) / max(took_s, 1e-9)),
    }
    reply = json_reply(200, {**scripts_content(request, task, texts, writer), "timing": timing})
    return reply._replace(work=work_of(texts, took_s))


def work_of(texts: Sequence[Written], took_s: float) -> Work:
    """What texts are to the log, that took so many seconds to write."""
    reasons = sorted({text.finish_reason for text in texts})
    return Work(sum(text.length for text in texts), took_s * 1000, ",".join(reasons))
