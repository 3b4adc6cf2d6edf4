"""Texts in step: each is what it is alone, whatever is written beside it."""

from __future__ import annotations

import random
import time
from dataclasses import replace

import pytest

from coldopen.bundle.content import Bundle
from coldopen.draft import Written
from coldopen.in_step import Text, write_in_step
from coldopen.memory import MemoryConfig
from coldopen.sampling import Sampling
from coldopen.steering import Steering
from coldopen.writer import Writer

WORDS = ("soup", "hot", "the", "otto:", "marla:")
STEERING = (
    Steering(),
    Steering(end="sentence"),
    Steering(lines=2),
    Steering(stop=(("soup",),)),
    Steering(cast=(("otto:",),)),
    Steering(no_repeat=3),
)


@pytest.fixture
def writer(untrained_bundle: Bundle) -> Writer:
    return Writer(untrained_bundle)


def mixed_texts(count: int) -> list[Text]:
    """Texts that have nothing in common: primes of 1 to 12 words, lengths, sampling, rules."""
    rng = random.Random(3)
    return [
        Text(
            rng.choices(WORDS, k=rng.randint(1, 12)),
            rng.randint(1, 60),
            Sampling(rng.choice((0.5, 1.0, 5.0)), rng.choice((1, 5, 20)), rng.choice((0.7, 1.0))),
            rng.randrange(2**32),
            rng.choice(STEERING),
        )
        for _ in range(count)
    ]


def alone(writer: Writer, text: Text) -> Written:
    return writer.write(text.prime_words, text.length, text.sampling, text.seed, steering=text.steering)


def test_each_text_is_what_it_is_alone(writer: Writer) -> None:
    texts = mixed_texts(50)
    assert writer.write_in_step(texts) == [alone(writer, text) for text in texts]


@pytest.mark.parametrize("most", [1, 2, 7, 50])
def test_it_does_not_matter_how_many_are_written_side_by_side(untrained_bundle: Bundle, most: int) -> None:
    writer, texts = Writer(untrained_bundle), mixed_texts(20)
    assert write_in_step(writer._engine, writer.lexicon, texts, [0.0] * 20, most=most) == writer.write_in_step(texts)


def test_each_text_has_a_memory_of_its_own(untrained_bundle: Bundle) -> None:
    memory = MemoryConfig(words=30, common=2, theta=0.1, share=0.3)
    writer = Writer(replace(untrained_bundle, manifest=replace(untrained_bundle.manifest, memory=memory)))
    shares = (None, 0.0, 0.3, 0.9)
    texts = [
        text._replace(sampling=text.sampling._replace(memory=shares[number % 4]))
        for number, text in enumerate(mixed_texts(60))
    ]
    written = writer.write_in_step(texts)
    assert written == [alone(writer, text) for text in texts]
    assert written != Writer(untrained_bundle).write_in_step(mixed_texts(60))


def test_of_no_texts_nothing_is_written(writer: Writer) -> None:
    assert writer.write_in_step([]) == []


def test_what_is_not_done_in_time_ends_as_it_is(writer: Writer) -> None:
    endless = [Text(["soup"], 10**7, Sampling(top_k=5), seed, Steering()) for seed in range(40)]
    short = Text(["soup"], 3, Sampling(top_k=5), 1, Steering())
    begun = time.monotonic()
    first, *others = writer.write_in_step([short, *endless], deadline=begun + 0.3)
    assert first == alone(writer, short)
    assert {text.finish_reason for text in others} == {"deadline"}
    assert others[0].length > 0
    assert others[-1].length == 0  # it waited for room
