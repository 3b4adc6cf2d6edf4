"""English's casing: proper words get their capitals, and what a corpus uses as a common noun keeps its small letter."""

from __future__ import annotations

import pytest

from coldopen.vocabulary import tokenise
from tests.training.data.english_tables import english_table
from training.data.english import English, english_of
from training.data.english_casing import EnglishCasing

PROSE = [
    *["They went to Florida with Otto ."] * 10,
    *["We saw it on TV at NBC ."] * 12,
    *["They sold Turkey a turkey ."] * 1,
    *["They flew to Turkey ."] * 40,
    *["A bra is not a Bra ."] * 1,
    *["They ate some turkeys ."] * 2,
    *["The Wall Street bank ."] * 6,
    *["A wall in a street ."] * 6,
    *["They will Will ."] * 9,
    *["An officer saw an officer and an officer , Officer ."] * 20,
    *["We don't and we won't ."] * 9,
    *["Then we were there , and then we went ."] * 9,
    *["They met FDR ."] * 4,
]


@pytest.fixture(scope="module")
def english() -> English:
    return english_of(english_table(PROSE))


def learn(english: English, text: str) -> dict[str, str]:
    return EnglishCasing(english, tokenise(text)).learn()


@pytest.mark.parametrize(
    ("text", "casing"),
    [
        ("a trip to florida, and tv on nbc", {"florida": "Florida", "tv": "TV", "nbc": "NBC"}),
        ("we were in turkey once", {"turkey": "Turkey"}),
        ("eat the turkey", {}),
        ("will you", {}),
        ("then we ate", {}),
        ("flor-florida", {}),
    ],
)
def test_words_that_english_nearly_always_writes_with_capitals(
    english: English, text: str, casing: dict[str, str]
) -> None:
    assert learn(english, text) == casing


def test_names_that_are_common_words_are_no_names_and_initials_are_written_as_such(english: English) -> None:
    prose = EnglishCasing(english, ["officer", "otto", "fdr", "marla"])
    found = {"officer": "Officer", "otto": "Otto", "fdr": "Fdr", "marla": "Marla"}
    assert prose.names(found) == {"otto": "Otto", "fdr": "FDR", "marla": "Marla"}


def test_pairs_have_capitals_together(english: English) -> None:
    prose = EnglishCasing(english, tokenise("he works on wall street and on wall street. the wall and the street"))
    assert prose.pairs({}) == {"wall street": "Wall Street"}
    assert prose.pairs({"wall": "Wall", "street": "Street"}) == {}
    assert EnglishCasing(english, tokenise("a wall street. the wall street.")).pairs({}) == {}


def test_contractions_get_their_apostrophe_back_where_there_is_no_such_word(english: English) -> None:
    text = "don't " * 6 + "dont dont " + "we're " * 9 + "were " + "i'm " * 3 + "im " + "otto's " * 3 + "ottos"
    prose = EnglishCasing(english, tokenise(text))
    assert prose.contractions({"otto's": "Otto's"}) == {"dont": "don't", "im": "I'm", "ottos": "Otto's"}


def test_a_form_that_is_nearly_as_frequent_without_apostrophe_stays(english: English) -> None:
    assert EnglishCasing(english, tokenise("bagel's bagel's bagels")).contractions({}) == {}
