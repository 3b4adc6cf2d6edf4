"""Casing: what a cased corpus writes with capitals inside its sentences, and nothing that a sentence's start made."""

from __future__ import annotations

import pytest

from tests.conftest import SEINFELD_CSV, SEINFELD_TEXT
from training.data.casing import is_cased, learn_casing
from training.data.corpus import read_corpus

FILLER = "MARLA: the soup is hot today and we sit at the table for as long as we like.\n" * 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MARLA: I saw Otto there.", {"otto": "Otto"}),
        ("MARLA: the TV is on at NYU.", {"tv": "TV", "nyu": "NYU"}),
        ("MARLA: ask Mr. McCall about it.", {"mr": "Mr", "mccall": "McCall"}),
        ("MARLA: Otto's late, and so is Otto's soup.", {"otto's": "Otto's"}),
        ('MARLA: Soup? Yes! Soup. (Soup) "Soup" and so: Soup - Soup [Soup', {}),
        ("MARLA: they said 'Soup is hot' again.", {}),
        ("MARLA: did they GET OUT of here?", {}),
        ("MARLA: he said and/Or there.", {}),
        ("MARLA: I know that I'm late and I'll sit.", {}),
        ("SOUP: all of it.", {}),
        ("MARLA: that Soup is soup, and the other one is soup too.", {}),
        ("MARLA: one Soup and one soup.", {}),
    ],
)
def test_a_word_is_written_as_it_mostly_is_inside_sentences(text: str, expected: dict[str, str]) -> None:
    assert learn_casing(FILLER + text) == expected


def test_a_pair_is_written_otherwise_than_its_words() -> None:
    text = "MARLA: a new cup, a new plate, a new fork, a new street.\n" + "OTTO: from New York.\n" * 3
    assert learn_casing(text) == {"york": "York", "new york": "New York"}
    god = "MARLA: so thank god.\n" * 3 + "OTTO: so help me God, and God again, and God, and God.\n"
    assert learn_casing(god) == {"god": "God", "thank god": "thank god"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (FILLER + "MARLA: I saw Otto there.", True),
        (FILLER, False),
        (FILLER.lower(), False),
        ((FILLER + "MARLA: I saw Otto there.").upper(), False),
        ("", False),
    ],
)
def test_a_text_has_a_casing_if_some_of_its_words_have_capitals(text: str, expected: bool) -> None:
    assert is_cased(text) == expected


@pytest.mark.skipif(not SEINFELD_CSV.exists(), reason="Kaggle's file is not on this machine")
def test_a_real_corpus_in_capitals_and_small_letters_has_a_casing() -> None:
    text = read_corpus(SEINFELD_CSV).text
    casing = learn_casing(text)
    assert is_cased(text)
    assert {key: casing.get(key) for key in ("florida", "tv", "macarthur", "new york", "soup")} == {
        "florida": "Florida", "tv": "TV", "macarthur": "MacArthur", "new york": "New York", "soup": None,
    }  # fmt: skip


@pytest.mark.skipif(not SEINFELD_TEXT.exists(), reason="the original's corpus is not on this machine")
def test_a_real_corpus_in_lower_case_has_none() -> None:
    assert not is_cased(read_corpus(SEINFELD_TEXT).text)
