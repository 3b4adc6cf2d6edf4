"""A hundred scripts of the model that ships: each is read as what it was, and goes on."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from coldopen.bundle.read import read_bundle
from coldopen.prime import read_prime
from coldopen.sampling import Sampling
from coldopen.screenplay import FORMATS, blocks, render
from coldopen.steering import Steering
from coldopen.vocabulary import tokenise
from coldopen.writer import Writer
from local.runtime import SHIPPED_BUNDLE

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def writer() -> Writer:
    return Writer(read_bundle(str(SHIPPED_BUNDLE)))


@pytest.fixture(scope="module")
def scripts(writer: Writer) -> list[list[str]]:
    """The words of a hundred scripts, as the service writes them by default."""
    cue = f"{next(iter(writer.lexicon.cues))}:"
    written: list[list[str]] = []
    for first in range(1, 101, 4):
        texts = writer.write_batch([cue], 150, Sampling(), range(first, first + 4))
        written += [text.words for text in texts]
    return written


def test_what_is_rendered_is_read_as_what_it_was_in_every_format(writer: Writer, scripts: Sequence[list[str]]) -> None:
    for words in scripts:
        for form in FORMATS:
            script = render(words, form, writer.lexicon)
            again, left_out = read_prime(script, writer.lexicon)
            assert render(again, form, writer.lexicon) == script
            assert left_out == 0
            if form == "plain":
                assert again == tokenise(script)


def test_any_letter_case_is_read_the_same(writer: Writer, scripts: Sequence[list[str]]) -> None:
    for words in scripts[:20]:
        script = render(words, "script", writer.lexicon)
        as_it_is = read_prime(script, writer.lexicon)
        assert read_prime(script.lower(), writer.lexicon) == as_it_is
        assert read_prime(script.upper(), writer.lexicon) == as_it_is


def test_every_speaker_is_in_the_cast(writer: Writer) -> None:
    cue, *others = list(writer.lexicon.cues)[:6]
    cast = tuple(tuple(tokenise(f"{name}:")) for name in (cue, *others[-2:]))
    known = {name.upper() for name in (cue, *others[-2:])}
    for first in range(0, 40, 4):
        steering = Steering(cast=cast, end="line")
        for text in writer.write_batch([f"{cue}:"], 80, Sampling(), range(first, first + 4), steering=steering):
            assert {block.speaker for block in blocks(text.words, writer.lexicon)} <= known
            assert text.finish_reason == "line"


def test_no_run_of_eight_words_is_copied(writer: Writer) -> None:
    copies = writer.copies()
    assert copies is not None
    steering = Steering(no_copy=8, copies=copies)
    for text in writer.write_batch(["jerry:"], 100, Sampling(), range(4), steering=steering):
        ids = writer.vocabulary.ids(text.words)
        assert not any(copies.holds(ids[begin : begin + 8]) for begin in range(len(ids) - 7))
