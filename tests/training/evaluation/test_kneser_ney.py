"""Kneser-Ney, against probabilities computed by hand and the figures known for the Seinfeld scripts."""

from __future__ import annotations

from itertools import product

import pytest
import torch

from tests.conftest import SEINFELD_TEXT
from training.data.ids import ids_of_text, split_by_position
from training.evaluation.kneser_ney import KneserNey

TEXT = torch.tensor([0, 1, 0, 1, 2])  # the fourth word of the vocabulary never comes


def probability(model: KneserNey, context: list[int], target: int) -> float:
    return float(model.probabilities(torch.tensor([context]), torch.tensor([target])))


def test_a_bigram_model_gives_the_values_computed_by_hand() -> None:
    # 0 1 stands twice, 1 0 and 1 2 once. Words 0, 1, 2 follow one word each, so each has
    # (1 - 0.8 + 0.8 * 3 / 4) / 3 = 4/15 whatever stands before, and word 3 has 0.6 / 3 = 1/5.
    model = KneserNey(TEXT, 2, 4, discount=0.8)
    assert probability(model, [0], 1) == pytest.approx((2 - 0.8 + 0.8 * 1 * 4 / 15) / 2)
    assert probability(model, [1], 0) == pytest.approx((1 - 0.8 + 0.8 * 2 * 4 / 15) / 2)
    assert probability(model, [1], 3) == pytest.approx((0.8 * 2 / 5) / 2)
    assert probability(model, [2], 0) == pytest.approx(4 / 15)  # nothing is known to follow 2
    assert probability(model, [3], 3) == pytest.approx(1 / 5)


def test_a_trigram_model_gives_the_values_computed_by_hand() -> None:
    # 0 1 0, 1 0 1 and 0 1 2 stand once each, so 1 0, 0 1 and 1 2 each follow one word.
    model = KneserNey(TEXT, 3, 4, discount=0.8)
    after_1 = (1 - 0.8 + 0.8 * 2 * 4 / 15) / 2
    assert probability(model, [0, 1], 2) == pytest.approx((1 - 0.8 + 0.8 * 2 * after_1) / 2)
    assert probability(model, [2, 1], 2) == pytest.approx(after_1)  # 2 1 never stood there
    assert probability(model, [-1, 1], 2) == pytest.approx(after_1)  # a text begins with 1


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_the_probabilities_of_all_words_sum_to_one_after_any_context(order: int) -> None:
    size = 5
    words = torch.randint(size - 1, (60,), generator=torch.Generator().manual_seed(1))
    model = KneserNey(words, order, size)
    for context in product(range(-1, size), repeat=order - 1):
        contexts = torch.tensor([context] * size).reshape(size, order - 1)
        assert float(model.probabilities(contexts, torch.arange(size)).sum()) == pytest.approx(1)


def test_each_word_but_the_first_is_predicted_from_those_before_it() -> None:
    model = KneserNey(TEXT, 3, 4)
    contexts, targets = torch.tensor([[-1, 2], [2, 0], [0, 1]]), torch.tensor([0, 1, 2])
    assert torch.equal(model.nats(torch.tensor([2, 0, 1, 2])), -model.probabilities(contexts, targets).log())


def test_grams_that_have_no_number_are_refused() -> None:
    with pytest.raises(ValueError, match="3-grams of 3,000,000 words can't be numbered with 64 bits"):
        KneserNey(TEXT, 3, 3_000_000)


@pytest.mark.skipif(not SEINFELD_TEXT.exists(), reason="the Seinfeld scripts are not here")
def test_on_the_seinfeld_scripts_it_is_as_good_as_known() -> None:
    words, vocabulary = ids_of_text(SEINFELD_TEXT.read_text(encoding="utf-8"))
    split = split_by_position(words)
    is_seen = (torch.bincount(split.train, minlength=len(vocabulary)) > 0)[split.test[1:]]
    for order, all_words, seen_words in ((2, 95.7, 67.4), (3, 76.4, 53.2)):
        nats = KneserNey(split.train, order, len(vocabulary)).nats(split.test)
        assert float(nats.mean().exp()) == pytest.approx(all_words, abs=0.05)
        assert float(nats[is_seen].mean().exp()) == pytest.approx(seen_words, abs=0.05)
