"""The fields of a completion, as OpenAI's API names them: a checked request out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from coldopen.errors import RequestError, shown
from coldopen.lexicon import Lexicon
from coldopen.request import (
    MAX_SEED,
    MAX_STOPS,
    GenerateRequest,
    check_names,
    invalid,
    read_generate_request,
    texts,
    whole_number,
)
from coldopen.vocabulary import RETURN, fold, tokenise

MAX_PROMPTS = 20
MAX_LOGPROBS = 5
DEFAULT_MAX_TOKENS = 16

OWN_FIELDS = ("top_k", "memory", "end", "lines", "cast", "no_repeat", "no_copy")
"""Fields of this service's own that a completion takes too."""

FIELDS = (
    *("model", "prompt", "max_tokens", "temperature", "top_p", "n", "stop", "seed", "echo", "logprobs"),
    *("stream", "stream_options", "user", "best_of", "presence_penalty", "frequency_penalty", "logit_bias", "suffix"),
    *OWN_FIELDS,
)
_STREAM_OPTIONS = ("include_usage", "include_obfuscation")
_MAX_INT64 = 2**63 - 1


class CompletionRequest(NamedTuple):
    """A checked request for completions; whether the model knows the prompts' words is all that is left to check.

    Attributes:
        prompts: each is completed by itself.
        max_tokens: words to write; 0 for none, to have the prompt's log probabilities.
        scripts: the same request as one for scripts, with the first prompt for a prime.
        stop: the text ends before the first of these.
        echo: whether the prompt stands before what was written.
        logprobs: how many likely words are shown beside each word; None for no log probabilities at all.
        stream: whether the reply is a stream of events.
        include_usage: whether that says in the end how many words there were.
    """

    prompts: tuple[str, ...]
    max_tokens: int
    scripts: GenerateRequest
    stop: tuple[str, ...]
    echo: bool
    logprobs: int | None
    stream: bool
    include_usage: bool


def read_completion_request(
    fields: Mapping[str, Any], model: str, lexicon: Lexicon, max_length: int
) -> CompletionRequest:
    """Check the fields of a request for completions.

    Args:
        fields: by name, with values as JSON has them; None stands for the default.
        model: the one that there is.
        lexicon: its words.
        max_length: the most words that may be asked for, in one text.

    Raises:
        RequestError: 404 for another model; 422, naming the field, its value and what it should be.
    """
    assert lexicon.vocabulary is not None
    check_names(fields, FIELDS)
    _check_model(fields, model)
    prompts = _prompts(fields)
    max_tokens = whole_number(fields, "max_tokens", min(DEFAULT_MAX_TOKENS, max_length), 0, max_length)
    stop = texts(fields, "stop", MAX_STOPS, "texts, of which none is empty")
    seed = whole_number(fields, "seed", 0, -_MAX_INT64 - 1, _MAX_INT64) if fields.get("seed") is not None else None
    logprobs = whole_number(fields, "logprobs", -1, 0, MAX_LOGPROBS)
    scripts = read_generate_request(
        {
            "prime": prompts[0],
            "length": max_tokens or 1,
            "seed": seed if seed is None else seed % (MAX_SEED + 1),
            "n": fields.get("n"),
            "stop": [text for text in stop if _may_come(text, lexicon)],
            **_sampling(fields),
            **{name: fields.get(name) for name in OWN_FIELDS if name != "top_k"},
        },
        max_length,
        len(lexicon.vocabulary),
    )
    _check_neutral(fields, scripts.n)
    stream = _flag(fields, "stream")
    return CompletionRequest(
        prompts=prompts,
        max_tokens=max_tokens,
        scripts=scripts,
        stop=stop,
        echo=_flag(fields, "echo"),
        logprobs=None if logprobs < 0 else logprobs,
        stream=stream,
        include_usage=_includes_usage(fields, stream),
    )


def _check_model(fields: Mapping[str, Any], model: str) -> None:
    asked = fields.get("model")
    if asked is None:
        raise RequestError(422, "missing_field", f"model is missing; there is {shown(model)}", "model")
    if not isinstance(asked, str):
        raise invalid("model", asked, f"a model's name, which is {shown(model)}")
    if asked != model:
        raise no_such_model(asked, model)


def no_such_model(asked: str, model: str) -> RequestError:
    """The error for a model that is not there."""
    message = f"the model {shown(asked)} does not exist; there is {shown(model)}"
    return RequestError(404, "model_not_found", message, "model")


def _prompts(fields: Mapping[str, Any]) -> tuple[str, ...]:
    prompt = fields.get("prompt")
    if prompt is None:
        message = 'prompt is missing: give the words that the script begins with, such as "jerry:"'
        raise RequestError(422, "missing_field", message, "prompt")
    prompts = prompt if isinstance(prompt, list) else [prompt]
    if not 1 <= len(prompts) <= MAX_PROMPTS or not all(isinstance(text, str) and text.strip() for text in prompts):
        wanted = f"a string of one word or several, or a list of up to {MAX_PROMPTS}; numbers of tokens are not read"
        raise invalid("prompt", prompt, wanted)
    return tuple(prompts)


def _sampling(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What says how to choose; a temperature of 0, or a top_p of 0, is the likeliest word each time."""
    given = {name: fields.get(name) for name in ("temperature", "top_p", "top_k")}
    zeros = [name for name in ("temperature", "top_p") if _is_number(given[name], 0)]
    return {**given, **dict.fromkeys(zeros), "top_k": 1} if zeros else given


def _may_come(stop: str, lexicon: Lexicon) -> bool:
    """Whether a text is made of words that the model can write, so that writing may end where they come."""
    assert lexicon.vocabulary is not None
    vocabulary = lexicon.vocabulary
    return all(word in vocabulary for word in tokenise(fold(stop)) if word != RETURN)


def _check_neutral(fields: Mapping[str, Any], n: int) -> None:
    """Refuse what would change the text and can't be followed; what would change nothing is taken."""
    neutral = {"best_of": (1, n), "presence_penalty": (0,), "frequency_penalty": (0,)}
    for name, values in neutral.items():
        value = fields.get(name)
        if value is not None and not any(_is_number(value, neutral) for neutral in values):
            raise invalid(name, value, f"{values[0]} or left out: the model has no such thing")
    for name, empty in (("logit_bias", {}), ("suffix", "")):
        if fields.get(name) not in (None, empty):
            raise invalid(name, fields[name], "left out: the model has no such thing")
    if not isinstance(fields.get("user"), str | None):
        raise invalid("user", fields["user"], "a string; nothing is done with it")


def _is_number(value: object, number: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == number


def _flag(fields: Mapping[str, Any], name: str) -> bool:
    value = fields.get(name)
    if not isinstance(value, bool | None):
        raise invalid(name, value, "true or false")
    return bool(value)


def _includes_usage(fields: Mapping[str, Any], stream: bool) -> bool:
    options = fields.get("stream_options")
    if options is None:
        return False
    if not stream:
        raise invalid("stream_options", options, "left out where stream is not true")
    if not isinstance(options, dict) or not all(
        name in _STREAM_OPTIONS and isinstance(value, bool | None) for name, value in options.items()
    ):
        raise invalid("stream_options", options, f"an object with {' and '.join(_STREAM_OPTIONS)}, each true or false")
    return bool(options.get("include_usage"))
