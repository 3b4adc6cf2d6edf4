"""Batches: `{"requests": [...]}`, invoked by itself, is answered with a list, an answer for each request in order.

So do Step Functions ask: docs/batch.md. An answer is that of the request alone, but for its timing.
"""

from __future__ import annotations

import time
from typing import Any

from coldopen.batch import ReadCopies, answer_batch
from coldopen.errors import ColdOpenError, RequestError, shown
from coldopen.fields import malformed
from coldopen.http.message import Reply, Request
from coldopen.http.replies import json_reply, work_of
from coldopen.writer import Writer

MAX_REQUESTS = 1000


class BatchFailedError(ColdOpenError):
    """Nothing of a batch could be answered, and trying again may help: Step Functions does, if invoking fails."""


def batch_reply(request: Request, writer: Writer, max_length: int, read_copies: ReadCopies) -> Reply:
    """The reply to a batch.

    Raises:
        RequestError: 400, if there is no list of requests, or anything beside it; 413, if there are too many.
    """
    assert request.fields is not None
    requests = _requests(dict(request.fields))
    begun = time.monotonic()
    answered = answer_batch(writer, requests, max_length, read_copies, request.deadline)
    return json_reply(200, answered.contents)._replace(work=work_of(answered.texts, time.monotonic() - begun))


def raise_if_failed(reply: Reply) -> None:
    """Make the invocation fail where nothing was answered for want of a model, as an error of the service.

    Raises:
        BatchFailedError: with the reply's error.
    """
    if reply.status >= 500:
        raise BatchFailedError(reply.body)


def _requests(fields: dict[str, Any]) -> list[Any]:
    requests = fields.pop("requests")
    if fields:
        message = f"beside requests there is {shown(next(iter(fields)))}; the fields of each request belong into it"
        raise malformed(message)
    if not isinstance(requests, list):
        raise malformed(f"requests is {shown(requests)}; it must be a list of requests")
    if len(requests) > MAX_REQUESTS:
        raise RequestError(
            413, "body_too_large", f"there are {len(requests):,} requests; at most {MAX_REQUESTS:,} are read"
        )
    return requests
