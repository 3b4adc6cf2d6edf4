"""A task: a request in the words of one model, whose vocabulary and speakers it is checked against."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from coldopen.copies import Copies
from coldopen.errors import RequestError, UnknownWordError
from coldopen.lexicon import Lexicon
from coldopen.prime import read_prime
from coldopen.request import GenerateRequest
from coldopen.steering import Steering
from coldopen.vocabulary import RETURN, fold, is_speaker, tokenise


class Task(NamedTuple):  # made in a sixth of a dataclass's time, and a cold start waits for it
    """What a writer is given to do, beside length and sampling.

    Attributes:
        prime_words: at least one, all in the vocabulary.
        left_out: how many words of the prime stood before them, more than are read.
        steering: where the script may end, and what may stand in it.
    """

    prime_words: list[str]
    left_out: int
    steering: Steering


def read_task(request: GenerateRequest, lexicon: Lexicon, read_copies: Callable[[], Copies | None]) -> Task:
    """Read a request as the model does.

    Args:
        lexicon: the model's words.
        read_copies: the runs of words that the model was trained on, if its bundle holds them; only called for no_copy.

    Raises:
        RequestError: 422, naming the field, what the model can't do, and what it could.
        BundleError, ModelUnavailableError: as `read_copies` does.
    """
    try:
        prime_words, left_out = read_prime(request.prime, lexicon)
    except UnknownWordError as error:
        raise RequestError(422, "unknown_word", str(error), "prime", error.suggestions) from None
    steering = Steering(
        end=request.end,
        stop=_stop(request.stop, lexicon),
        lines=request.lines,
        cast=tuple(_cue(name, lexicon) for name in request.cast),
        no_repeat=request.no_repeat,
        no_copy=request.no_copy,
        copies=_copies(request.no_copy, read_copies) if request.no_copy else None,
    )
    return Task(prime_words, left_out, steering)


def _stop(phrases: Sequence[str], lexicon: Lexicon) -> tuple[tuple[str, ...], ...]:
    vocabulary = lexicon.vocabulary
    assert vocabulary is not None
    stop = []
    for phrase in phrases:
        words = tokenise(fold(phrase))
        if set(words) == {RETURN}:
            words = [RETURN]
        for word in words:
            if word not in vocabulary and f"{word}:" not in vocabulary and word != RETURN:
                error = UnknownWordError(word, vocabulary.nearest(word))
                raise RequestError(422, "unknown_word", f"stop: {error}", "stop", error.suggestions)
        stop.append(tuple(word.rstrip(":") if is_speaker(word) else word for word in words))
    return tuple(stop)


def _cue(name: str, lexicon: Lexicon) -> tuple[str, ...]:
    plain = " ".join(name.lower().split()).removesuffix(":").strip()
    words = lexicon.cue(plain) or lexicon.cue(fold(plain))
    if words is None:
        suggestions = lexicon.nearest_cues(fold(plain))
        hint = f"; nearest: {', '.join(suggestions)}" if suggestions else ""
        message = f"cast: nobody called {plain[:60]!r} speaks in the model's scripts{hint}"
        raise RequestError(422, "unknown_speaker", message, "cast", suggestions)
    return tuple(words)


def _copies(no_copy: int, read_copies: Callable[[], Copies | None]) -> Copies:
    copies = read_copies()
    if copies is None:
        message = "no_copy can't be followed: this model's bundle does not say what it was trained on; leave it out"
        raise RequestError(422, "invalid_value", message, "no_copy")
    if no_copy < copies.size:
        message = f"no_copy is {no_copy}; the model knows its scripts by runs of {copies.size} words: send that or more"
        raise RequestError(422, "invalid_value", message, "no_copy")
    return copies
