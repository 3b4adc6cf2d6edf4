"""Completions: prompts in, what the model writes behind them out."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from coldopen.draft import Written
from coldopen.errors import RequestError
from coldopen.http.body import read_body
from coldopen.http.message import Reply, Request
from coldopen.http.openai.choices import Choice, choice_content, read_choice
from coldopen.http.openai.fields import CompletionRequest, read_completion_request
from coldopen.http.replies import json_reply, work_of
from coldopen.request import MAX_SCRIPTS, GenerateRequest
from coldopen.task import Task
from coldopen.writer import Writer

_EVENTS = "text/event-stream"

ReadTask = Callable[[GenerateRequest, Writer, float], Task]


def completions_reply(
    request: Request, writer: Writer, max_length: int, read_task: ReadTask, read_weights: Callable[[], object]
) -> Reply:
    """The reply to a request for completions: JSON, or a stream of events, which comes as one body.

    Args:
        read_weights: has the writer read what it needs for log probabilities; only called for these.

    Raises:
        RequestError: as what reads the request does.
    """
    asked = read_completion_request(read_body(request), writer.name, writer.lexicon, max_length)
    tasks = [read_task(asked.scripts._replace(prime=prompt), writer, request.deadline) for prompt in asked.prompts]
    _check_size(asked, tasks, MAX_SCRIPTS * max_length)
    if asked.logprobs is not None:
        read_weights()
    choices: list[Choice] = []
    written: list[Written] = []
    took_s = 0.0
    for prompt, task in zip(asked.prompts, tasks, strict=True):
        begun = time.monotonic()
        texts = _write(asked, task, writer, _deadline(asked, request))
        took_s += time.monotonic() - begun
        written += texts
        choices += [read_choice(asked, prompt, task, text, writer) for text in texts]
    completion = {
        "id": f"cmpl-{os.urandom(12).hex()}",
        "object": "text_completion",
        "created": int(time.time()),
        "model": writer.name,
        "system_fingerprint": writer.version,
    }
    usage, work = _usage(tasks, choices), work_of(written, took_s)
    if asked.stream:
        events = "".join(_events(completion, choices, usage if asked.include_usage else None))
        return Reply(200, events, _EVENTS, work=work)
    contents = [choice.content(index) for index, choice in enumerate(choices)]
    return json_reply(200, {**completion, "choices": contents, "usage": usage})._replace(work=work)


def _check_size(asked: CompletionRequest, tasks: Sequence[Task], most: int) -> None:
    """Refuse a reply that would hold more words than a reply may."""
    num_prompt_words = sum(len(task.prime_words) for task in tasks) if asked.echo else 0
    num_words = asked.scripts.n * (len(tasks) * asked.max_tokens + num_prompt_words)
    if num_words > most:
        message = f"the reply could have {num_words:,} words; at most {most:,}: lower max_tokens or n, or send less"
        raise RequestError(422, "too_many_words", message, "max_tokens")


def _deadline(asked: CompletionRequest, request: Request) -> float:
    """When writing has to end. To look up log probabilities takes no longer than to write, and comes after."""
    now = time.monotonic()
    return request.deadline if asked.logprobs is None else now + (request.deadline - now) / 2


def _write(asked: CompletionRequest, task: Task, writer: Writer, deadline: float) -> list[Written]:
    scripts = asked.scripts
    if not asked.max_tokens:
        return [Written(task.prime_words, 0, "length")] * scripts.n
    return writer.write_batch(
        task.prime_words, scripts.length, scripts.sampling, scripts.seeds, deadline, task.steering
    )


def _usage(tasks: Sequence[Task], choices: Sequence[Choice]) -> dict[str, int]:
    """Words: those of the prompts that were read, and those that were written and kept."""
    num_prompt, num_written = sum(len(task.prime_words) for task in tasks), sum(choice.num_words for choice in choices)
    return {
        "prompt_tokens": num_prompt,
        "completion_tokens": num_written,
        "total_tokens": num_prompt + num_written,
    }


def _events(completion: dict[str, Any], choices: Sequence[Choice], usage: dict[str, int] | None) -> Iterator[str]:
    """Server-sent events: each choice's parts, why it ends, and usage where it is wanted."""
    pending = {"usage": None} if usage else {}  # as OpenAI's API has it, in all events but the last
    for index, choice in enumerate(choices):
        for part in choice.parts:
            yield _event({**completion, "choices": [choice_content(index, *part, None)], **pending})
        yield _event({**completion, "choices": [choice_content(index, "", [], choice.finish_reason)], **pending})
    if usage:
        yield _event({**completion, "choices": [], "usage": usage})
    yield "data: [DONE]\n\n"


def _event(content: dict[str, Any]) -> str:
    return f"data: {json.dumps(content)}\n\n"
