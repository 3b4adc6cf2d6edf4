"""Names: who speaks and stands behind no determiner."""

from __future__ import annotations

from collections import Counter

import pytest

from coldopen.vocabulary import tokenise
from training.data.cues import cue_counts
from training.data.names import learn_names, with_possessives

SCENE = """\
otto: hello, marla.

marla: otto, the waiter is here. where is your waiter?

waiter: this is the kitchen. i am your waiter.

marla: tell otto, mr. pitt, and the cook.

mr. pitt: a waiter told otto, and the cop.

cop #2: which cop?

otto: the other cop, marla!

cop #2: not that cop.

waiter: uncle leo is here.

uncle leo: otto!

uncle leo: hello to uncle leo.

mr. pitt: hello, mr. pitt and mr. kay and mr. kay and mr. kay.
"""


@pytest.fixture
def names() -> dict[str, str]:
    return learn_names(tokenise(SCENE), cue_counts(SCENE))


def test_speakers_are_names(names: dict[str, str]) -> None:
    assert names["otto"] == "Otto"
    assert names["marla"] == "Marla"


def test_a_speaker_who_stands_behind_determiners_has_a_trade(names: dict[str, str]) -> None:
    assert "waiter" not in names


def test_a_speaker_with_a_number_has_a_trade(names: dict[str, str]) -> None:
    assert "cop" not in names
    assert "#2" not in names


def test_titles_and_who_stands_behind_them_are_names(names: dict[str, str]) -> None:
    assert names["mr"] == "Mr"
    assert names["pitt"] == "Pitt"
    assert names["kay"] == "Kay"


def test_a_name_of_two_words_is_a_pair(names: dict[str, str]) -> None:
    assert names["uncle leo"] == "Uncle Leo"
    assert "uncle" not in names


def test_one_cue_alone_makes_no_name() -> None:
    text = "bo: we sit.\n\nines: bo? ines?\n\nines: so.\n"
    assert learn_names(tokenise(text), cue_counts(text)) == {"ines": "Ines"}


def test_a_common_word_that_once_or_twice_speaks_makes_no_name() -> None:
    text = "ines: we both sit. both of us, both. both and both and both, both, both, both, both, both.\n" + (
        "both: hello, ines.\n" * 2 + "ines: hello.\n"
    )
    assert "both" not in learn_names(tokenise(text), cue_counts(text))


def test_possessives_that_the_text_has_are_written_as_their_names() -> None:
    casing = {"otto": "Otto", "ross": "Ross", "new york": "New York"}
    words = Counter(["otto's", "ross'", "soup's"])
    assert with_possessives(casing, words) == {"otto's": "Otto's", "ross'": "Ross'", **casing}
