"""Marks: doubled ones become one, open ones are closed."""

from __future__ import annotations

import random

import pytest

from coldopen.lexicon import Lexicon
from coldopen.marks import balanced, tidy
from coldopen.vocabulary import PUNCTUATION, RETURN, detokenise, tokenise


@pytest.mark.parametrize(
    ("text", "tidied"),
    [
        ("oh, boy,, well", "oh, boy, well"),
        ("oh, boy,. well", "oh, boy. well"),
        ("well.. so.... no", "well... so... no"),
        ("what!!!! who?! where!?", "what! who?! where?!"),
        ("so;, and ;;", "so; and;"),
        ("well, .. so ,.", "well... so."),
        ("well...? no?.", "well...? no?"),
        ("they?ve said", "they've said"),
        ("said? ve", "said? ve"),
        ("hey (to otto hello", "hey (to otto hello)"),
        ("hey (to (otto) hello", "hey (to otto) hello"),
        ("hey) you ( )", "hey you"),
        ("hey (", "hey"),
        ("hey (beat)(beat) you", "hey (beat) (beat) you"),
    ],
)
def test_marks_are_put_in_order_and_stay_so(lexicon: Lexicon, text: str, tidied: str) -> None:
    words = tidy(tokenise(text), lexicon)
    assert detokenise(words) == tidied
    assert tidy(words, lexicon) == words


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ('he said "hello', 'he said "hello"'),
        ('he said "hello" and "', 'he said "hello" and'),
        ('he said "hello." "', 'he said "hello."'),
        (", well. so", "well. so"),
        ("... well", "... well"),
        (". . well", "... well"),
        (". well", "well"),
        ("?", ""),
    ],
)
def test_a_stretch_of_speech_opens_with_no_pause_and_closes_its_quotations(text: str, closed: str) -> None:
    words = balanced(tokenise(text))
    assert detokenise(words) == closed
    assert balanced(words) == words


def test_tidying_any_words_twice_changes_nothing_more(lexicon: Lexicon) -> None:
    rng = random.Random(3)
    pool = [*(token for token in PUNCTUATION.values() if token != RETURN), "they", "ve", "hello"]
    for _ in range(1000):
        once = balanced(tidy([rng.choice(pool) for _ in range(12)], lexicon))
        assert balanced(tidy(once, lexicon)) == once
