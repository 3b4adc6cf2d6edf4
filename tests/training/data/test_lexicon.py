"""Learning a lexicon: of a cased text, of one in lower case, and of one that English helps to read."""

from __future__ import annotations

import pytest

from coldopen.lexicon import Lexicon
from coldopen.vocabulary import Vocabulary, tokenise
from tests.training.data.english_tables import english_table
from training.data.english import english_of
from training.data.lexicon import learn_lexicon

CASED = """\
MARLA: I sat with Otto in New York - twice. It was a new twenty-five cent cup, a new pot, a new fork, a new bowl.

OTTO (sits): Marla - the cup - is for the waiter-in-training. In New York. In New York.
"""


def learn(text: str) -> Lexicon:
    return learn_lexicon(text, Vocabulary.of(tokenise(text)))


def test_a_cased_text_teaches_cues_casing_compounds_and_line_breaks() -> None:
    lexicon = learn(CASED)
    assert list(lexicon.cues) == ["marla", "otto"]
    assert lexicon.casing["otto"] == "Otto"
    assert lexicon.casing["new york"] == "New York"
    assert "new" not in lexicon.casing
    assert lexicon.compounds == {"twenty-five", "waiter-in", "in-training"}
    assert lexicon.line_breaks == 2
    assert lexicon.is_cue("marla")


def test_a_text_in_lower_case_teaches_its_speakers_names() -> None:
    text = "otto: where is marla's cup?\n\nmarla: here, otto.\n\notto: the cup.\n\nmarla: yes, marla said.\n"
    assert learn(text).casing == {"otto": "Otto", "marla": "Marla", "marla's": "Marla's"}


def test_a_text_in_capitals_is_read_as_one_in_lower_case() -> None:
    text = "OTTO: WHERE IS MARLA'S CUP?\n\nMARLA: HERE, OTTO.\n\nOTTO: THE CUP.\n\nMARLA: YES, MARLA SAID.\n"
    assert learn(text).casing == {"otto": "Otto", "marla": "Marla", "marla's": "Marla's"}


def test_english_adds_what_it_knows_to_a_text_in_lower_case() -> None:
    text = "otto: florida, otto! i said otto in florida's sun.\n\notto: dont go.\n\nmarla: i don't, don't, don't go.\n"
    english = english_of(english_table(["They went to Florida ."] * 9))
    casing = learn_lexicon(text, Vocabulary.of(tokenise(text)), english).casing
    assert casing == {"otto": "Otto", "florida": "Florida", "florida's": "Florida's", "dont": "don't"}


def test_nothing_is_learnt_of_words_that_the_vocabulary_lacks() -> None:
    lexicon = learn_lexicon(CASED, Vocabulary.of(tokenise(CASED), min_count=2))
    assert "otto" in lexicon.casing
    assert not lexicon.compounds
    assert all(word in lexicon.vocabulary for key in lexicon.casing for word in key.split())  # type: ignore[operator]


@pytest.mark.parametrize(("text", "expected"), [("a: b.\nc: d.\ne: f.\n\ng: h.", 1), ("a: b.\n\nc: d.", 2), ("a", 2)])
def test_line_breaks_are_the_usual_ones(text: str, expected: int) -> None:
    assert learn(text).line_breaks == expected


def test_a_dash_with_spaces_makes_no_compound() -> None:
    assert learn("the pot - the pot-pie - pot -pie pot- pie").compounds == frozenset()


def test_a_lexicon_reads_as_it_was_written() -> None:
    lexicon = learn(CASED)
    assert lexicon.vocabulary is not None
    assert Lexicon.from_bytes(lexicon.to_bytes(), lexicon.vocabulary).to_bytes() == lexicon.to_bytes()
