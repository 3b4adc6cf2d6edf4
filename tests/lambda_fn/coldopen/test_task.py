"""A request in the words of one model."""

from __future__ import annotations

from typing import Any

import pytest

from coldopen.copies import Copies
from coldopen.errors import BundleError, RequestError
from coldopen.lexicon import Lexicon
from coldopen.request import read_generate_request
from coldopen.task import Task, read_task

COPIES = Copies.of(list(range(1, 20)))


def task(lexicon: Lexicon, copies: Copies | None = COPIES, **fields: Any) -> Task:
    request = read_generate_request({"prime": "hello", **fields}, max_length=50, vocabulary_size=39)
    return read_task(request, lexicon, lambda: copies)


def test_words_and_names_become_the_model_s(lexicon: Lexicon) -> None:
    steering = task(
        lexicon, prime="Marla", stop=["Hello there", "Marla", "\n \n"], cast="Otto, MR. PITT:,man #1", no_copy=9
    ).steering
    assert steering.stop == (("hello", "there"), ("marla",), ("||return||",))
    assert steering.cast == (("otto:",), ("mr", "||period||", "pitt:"), ("man", "#1:"))
    assert (steering.no_copy, steering.copies) == (9, COPIES)


@pytest.mark.parametrize(
    ("fields", "code", "message", "suggestions"),
    [
        ({"prime": "helo"}, "unknown_word", "never seen the word 'helo'; nearest: hello", ("hello",)),
        ({"stop": ["helo"]}, "unknown_word", "stop: the model has never seen the word 'helo'", ("hello",)),
        ({"cast": ["mara"]}, "unknown_speaker", "speaks in the model's scripts; nearest: marla", ("marla",)),
        ({"cast": ["hello"]}, "unknown_speaker", "nobody called 'hello' speaks", ()),
        ({"cast": [":"]}, "unknown_speaker", "nobody called ''", ()),
        ({"cast": ["pitt"]}, "unknown_speaker", "nearest: mr. pitt", ("mr. pitt",)),
        ({"no_copy": 7}, "invalid_value", "no_copy is 7; the model knows its scripts by runs of 8 words", ()),
    ],
)  # fmt: skip
def test_what_the_model_can_t_do_is_a_422_that_says_what_it_could(
    lexicon: Lexicon, fields: dict[str, Any], code: str, message: str, suggestions: tuple[str, ...]
) -> None:
    with pytest.raises(RequestError) as caught:
        task(lexicon, **fields)
    error = caught.value
    assert (error.status, error.code, error.field) == (422, code, next(iter(fields)))
    assert message in str(error)
    assert error.suggestions[: len(suggestions) or None] == suggestions


def test_a_model_whose_bundle_does_not_say_what_it_copies_refuses_no_copy(lexicon: Lexicon) -> None:
    with pytest.raises(RequestError, match="does not say what it was trained on; leave it out"):
        task(lexicon, copies=None, no_copy=8)


def test_the_copies_are_read_for_no_copy_alone(lexicon: Lexicon) -> None:
    def fail() -> Copies:
        raise BundleError("damaged")

    request = {"prime": "hello"}
    assert read_task(read_generate_request(request, 50, 39), lexicon, fail).steering.copies is None
    with pytest.raises(BundleError):
        read_task(read_generate_request(request | {"no_copy": 8}, 50, 39), lexicon, fail)
