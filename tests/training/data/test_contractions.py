"""Contractions that part of a corpus writes without their apostrophe."""

from __future__ import annotations

import random

import pytest

from training.data.contractions import unite, with_apostrophe

_RANDOM = random.Random(6)
_SAID = (
    *("I don't know the cook", "we don't eat", "it's a soup", "it's cold", "it's my spoon", "I'll take the soup"),
    *("she's late again", "that's the cook", "you're my aunt", "we're late again", "we're not at home", "he's cold"),
    *("the cat ate its soup", "its lid is cold", "they were at the diner", "we were so cold", "my aunt is ill"),
)


def _lines(count: int) -> str:
    return "".join(f"{_RANDOM.choice(['MARLA', 'OTTO', 'ILL'])}: {_RANDOM.choice(_SAID)}.\n\n" for _ in range(count))


KEPT, LOST = _lines(1000), _lines(120)
"""Two parts of a script as they should be."""


def without_apostrophes(text: str) -> str:
    """As a part of a transcript may have it."""
    return text.replace("'", "")


@pytest.mark.parametrize("is_first", [True, False])
def test_a_part_without_apostrophes_gets_them_back(is_first: bool) -> None:
    lost = without_apostrophes(LOST)
    united = unite(lost + KEPT if is_first else KEPT + lost)
    assert united.text == (LOST + KEPT if is_first else KEPT + LOST)
    assert united.counts["dont"] == ("don't", LOST.count("don't"))
    assert sum(count for _, count in united.counts.values()) == LOST.count("'")


def test_words_that_look_like_contractions_stay_what_they_are() -> None:
    united = unite(without_apostrophes(LOST) + KEPT).text
    for words in ("ate its soup", "its lid", "they were", "we were so", "is ill"):
        assert united.count(words) == (LOST + KEPT).count(words) > 20
    assert united.count("ILL: ") == (LOST + KEPT).count("ILL: ") > 100


def test_letters_keep_their_case() -> None:
    lost = without_apostrophes(LOST).replace("its a", "ITS A").replace("thats", "Thats")
    assert unite(lost + KEPT).text == LOST.replace("it's a", "IT'S A").replace("that's", "That's") + KEPT


def test_a_part_in_another_language_stays_as_it_is() -> None:
    english = "".join(f"{line}\n\nOTTO: I'm {n}.\n\n" for n, line in enumerate(KEPT.split("\n\n")[:-1]))
    text = english + "MARLA: Ich bin im Haus, im Garten, im Regen.\n\n" * 7
    assert unite(text) == (text, {})


@pytest.mark.parametrize(
    "text",
    [
        KEPT,
        without_apostrophes(KEPT),
        KEPT + without_apostrophes(LOST)[:200],  # too little to be a part of its own
        "",
        "MARLA: l'homme n'a pas d'amis, qu'il dit, et c'est l'ete. Ils sont la, tes amis, des que tu dors.\n" * 300,
    ],
    ids=["all kept", "all lost", "few lost", "empty", "French"],
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert unite(text) == (text, {})


@pytest.mark.parametrize(
    ("word", "forms"), [("dont", ["don't"]), ("hell", ["he'll"]), ("its", ["it's"]), ("part", []), ("s", [])]
)
def test_where_an_apostrophe_may_stand(word: str, forms: list[str]) -> None:
    assert list(with_apostrophe(word)) == forms
