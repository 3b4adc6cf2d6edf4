"""The prime where none was asked for."""

from __future__ import annotations

import pytest

from coldopen.default_prime import default_prime
from coldopen.vocabulary import PAD, PUNCTUATION, Vocabulary


def test_it_is_the_most_frequent_speaker() -> None:
    words = ["||period||", "the", "#1:", ":", "marla:", "otto:", "marla"]
    assert default_prime(words) == "marla"


def test_a_speaker_whose_name_is_more_often_a_word_keeps_the_colon() -> None:
    assert default_prime(["the", "doctor", "doctor:", "marla:"]) == "doctor:"


def test_where_nobody_speaks_it_is_the_most_frequent_word() -> None:
    assert default_prime([PAD, *PUNCTUATION.values(), "8:30", "the", "soup"]) == "the"


def test_it_takes_a_vocabulary_s_words() -> None:
    assert default_prime(Vocabulary.of(["soup", "soup", "otto:"]).words) == "otto"


def test_punctuation_alone_begins_nothing() -> None:
    with pytest.raises(ValueError, match="no word to begin with"):
        default_prime(["||period||", PAD])
