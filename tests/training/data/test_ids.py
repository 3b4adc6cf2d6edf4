"""Text to word ids: the original's numbers and its split."""

from __future__ import annotations

from collections import Counter

import pytest
import torch

from coldopen.vocabulary import PAD, UNKNOWN
from tests.conftest import SEINFELD_TEXT
from training.data.corpus import read_corpus, text_to_learn
from training.data.ids import ids_of_text, split_by_position
from training.preset import read_preset


def test_a_small_corpus_has_the_words_that_counting_by_hand_gives(diner: str) -> None:
    words, vocabulary = ids_of_text(diner)
    assert (len(words), len(vocabulary)) == (70, 39)


@pytest.mark.skipif(not SEINFELD_TEXT.exists(), reason="the original's corpus is not on this machine")
def test_the_original_s_corpus_has_the_original_s_numbers() -> None:
    text = text_to_learn(read_corpus(SEINFELD_TEXT).text, read_preset("seed").to_dict())
    words, vocabulary = ids_of_text(text)
    assert (len(words), len(vocabulary)) == (892_132, 21_388)


def test_ids_lead_back_to_the_words_by_falling_frequency(diner: str) -> None:
    words, vocabulary = ids_of_text(diner)
    counts = Counter(words.tolist())
    frequencies = [counts[index] for index in range(1, len(vocabulary))]
    assert frequencies == sorted(frequencies, reverse=True)
    assert vocabulary.words[0] == PAD
    assert [vocabulary.words[index] for index in words[:4]] == ["marla:", "is", "this", "seat"]


def test_the_split_is_by_position_90_5_5() -> None:
    split = split_by_position(torch.arange(1000))
    assert [part.tolist() for part in (split.train, split.validation, split.test)] == [
        list(range(900)),
        list(range(900, 950)),
        list(range(950, 1000)),
    ]


def test_rare_words_of_a_corpus_can_be_one_unknown_word(diner: str) -> None:
    words, vocabulary = ids_of_text(diner, min_count=2)
    whole, _ = ids_of_text(diner)
    assert len(words) == len(whole)
    once = sum(count == 1 for count in Counter(whole.tolist()).values())
    assert vocabulary.words[-1] == UNKNOWN
    assert len(vocabulary) == 39 - once + 1
    assert int((words == vocabulary.id(UNKNOWN)).sum()) == once
