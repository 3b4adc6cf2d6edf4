"""Sentences: capitals, dashes and contractions."""

from __future__ import annotations

import pytest

from coldopen.lexicon import Lexicon
from coldopen.sentences import ends_sentence, sentences
from coldopen.vocabulary import tokenise


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("hey, otto. you know god?", "Hey, Otto. You know God?"),
        ('no. "really." (so) "yes"', 'No. "Really." (So) "yes"'),
        ("i-i don't know, i'm in new york", "I-I don't know, I'm in New York"),
        ("a new york a new york", "A New York a New York"),
        ("well... so. 'cause", "Well... so. 'Cause"),
        ("mr. pitt and the u.s. say o.k. to j. peterman", "Mr. pitt and the U.S. say O.K. to J. Peterman"),
        ("we dont", "We don't"),
        ("it costs $5.50, or 1,000. 2nd. no", "It costs $5.50, or 1,000. 2nd. No"),
        ("twenty-five or wait - no -- yes --- so-", "Twenty-five or wait - no -- yes -- so-"),
        ("[setting: here]", "[Setting: here]"),
        ("[setting: god's] [otto]", "[Setting: god's] [Otto]"),
        ("[setting: here", "[Setting: here]"),
        ("here] [we are", "Here [we are]"),
        ("mr. otto: so", "Mr. Otto: so"),
        ("", ""),
    ],
)
def test_words_are_written_as_a_person_writes_them(lexicon: Lexicon, text: str, written: str) -> None:
    assert sentences(tokenise(text), lexicon) == written
    assert sentences(tokenise(written), lexicon) == written


def test_where_nothing_is_known_of_hyphens_a_dash_joins() -> None:
    assert sentences(tokenise("well-done and so - so"), Lexicon()) == "Well-done and so-so"


def test_a_stretch_may_go_on_in_lower_case(lexicon: Lexicon) -> None:
    assert sentences(tokenise("to otto"), lexicon, capital=False) == "to Otto"


@pytest.mark.parametrize("text", ["no.", "no...", "no?!", "it was i.", "otto: no."])
def test_a_sentence_ends(text: str) -> None:
    assert ends_sentence(tokenise(text))


@pytest.mark.parametrize("text", ["", ".", "no", "no,", "mr.", "plan b.", "(beat).", "otto: .", "no\n."])
def test_no_sentence_ends(text: str) -> None:
    assert not ends_sentence(tokenise(text))
