"""Answers: what a request gets, as JSON has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from coldopen.errors import RequestError
from coldopen.request import GenerateRequest
from coldopen.screenplay import render
from coldopen.task import Task

if TYPE_CHECKING:
    from coldopen.draft import Written
    from coldopen.writer import Writer


def scripts_content(request: GenerateRequest, task: Task, texts: Sequence[Written], writer: Writer) -> dict[str, Any]:
    """The scripts that were asked for: one by itself, several in a list.

    Args:
        texts: one for each of the request's seeds.
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
    return {
        **(scripts[0] if request.n == 1 else {"scripts": scripts}),
        "prime": request.prime,
        **({"prime_words_left_out": task.left_out} if task.left_out else {}),
        "model": model_content(writer),
    }


def error_content(error: RequestError) -> dict[str, Any]:
    """What whoever asked is told of an error."""
    content: dict[str, Any] = {"code": error.code, "message": str(error)}
    if error.field is not None:
        content["field"] = error.field
    if error.suggestions:
        content["suggestions"] = list(error.suggestions)
    return {"error": content}


def model_content(writer: Writer) -> dict[str, str]:
    """The model's name and version, as every answer shows them."""
    return {"name": writer.name, "version": writer.version}
