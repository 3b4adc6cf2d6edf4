"""A batch: many requests at once, answered each as it would be alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from coldopen.answer import error_content, scripts_content
from coldopen.copies import Copies
from coldopen.draft import Written
from coldopen.errors import RequestError, shown
from coldopen.fields import check_depth, malformed
from coldopen.in_step import Text
from coldopen.request import GenerateRequest, read_generate_request
from coldopen.task import Task, read_task
from coldopen.writer import Writer

ReadCopies = Callable[[], Copies | None]
"""Reads what the model was trained on; see `coldopen.task.read_task`."""

_LATE = RequestError(503, "deadline", "time ran out before this script was written; ask for it again, beside fewer")


class _Job(NamedTuple):
    """A request that can be answered."""

    request: GenerateRequest
    task: Task


class Answered(NamedTuple):
    """What a batch got.

    Attributes:
        contents: an answer for each request, in their order: its scripts, or what is wrong with it.
        texts: all that was written.
    """

    contents: list[dict[str, Any]]
    texts: list[Written]


def answer_batch(
    writer: Writer,
    requests: Sequence[Any],
    max_length: int,
    read_copies: ReadCopies,
    deadline: float = math.inf,
) -> Answered:
    """Answer requests. A script that does not get done in time is an error: a batch has whole scripts alone.

    Args:
        requests: the fields of each, by name. Whatever else there is gets an error as its answer.
        max_length: see `coldopen.request.read_generate_request`.
        deadline: on `time.monotonic()`'s clock, in seconds.
    """
    jobs = [_read(fields, writer, max_length, read_copies) for fields in requests]
    texts = writer.write_in_step([text for job in jobs if isinstance(job, _Job) for text in _texts(job)], deadline)
    written = iter(texts)
    contents = []
    for job in jobs:
        if isinstance(job, RequestError):
            contents.append(error_content(job))
            continue
        of_job = [next(written) for _ in job.request.seeds]
        is_late = any(text.finish_reason == "deadline" for text in of_job)
        contents.append(error_content(_LATE) if is_late else scripts_content(job.request, job.task, of_job, writer))
    return Answered(contents, texts)


def _read(fields: Any, writer: Writer, max_length: int, read_copies: ReadCopies) -> _Job | RequestError:
    try:
        if not isinstance(fields, Mapping):
            raise malformed(f"the request is no object: {shown(fields)}")
        check_depth(fields, "the request")
        request = read_generate_request(fields, max_length, len(writer.vocabulary))
        writer.share(request.sampling)  # refuses a memory that the model does not have
        return _Job(request, read_task(request, writer.lexicon, read_copies))
    except RequestError as error:
        return error


def _texts(job: _Job) -> list[Text]:
    request, task = job
    return [Text(task.prime_words, request.length, request.sampling, seed, task.steering) for seed in request.seeds]
