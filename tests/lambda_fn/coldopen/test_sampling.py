"""Sampling, against the probabilities that softmax gives."""

from __future__ import annotations

import pytest
import torch

from coldopen.sampling import Sampling, sample

LOGITS = torch.tensor([1.0, 3.0, 2.0, -1.0, 0.0])
EVENLY = [(step + 0.5) / 2000 for step in range(2000)]


def shares(sampling: Sampling, logits: torch.Tensor = LOGITS) -> torch.Tensor:
    values, ids = logits.topk(sampling.top_k)
    drawn = torch.stack([ids[sample(values.tolist(), sampling, uniform)] for uniform in EVENLY])
    return torch.bincount(drawn, minlength=len(logits)) / len(EVENLY)


def test_all_words_come_with_their_probability() -> None:
    assert torch.allclose(shares(Sampling(1.0, top_k=5)), LOGITS.softmax(0), atol=1e-3)


@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_temperature_divides_the_logits(temperature: float) -> None:
    expected = (LOGITS / temperature).softmax(0)
    assert torch.allclose(shares(Sampling(temperature, top_k=5)), expected, atol=1e-3)


def test_top_k_keeps_the_likeliest_words() -> None:
    expected = torch.zeros(5)
    expected[[1, 2]] = torch.tensor([3.0, 2.0]).softmax(0)
    assert torch.allclose(shares(Sampling(1.0, top_k=2)), expected, atol=1e-3)


def test_top_p_keeps_the_fewest_words_that_reach_the_share() -> None:
    # softmax gives 0.64, 0.23, 0.09, ...: two words reach 0.8
    assert torch.allclose(shares(Sampling(1.0, top_k=5, top_p=0.8)), shares(Sampling(1.0, top_k=2)), atol=1e-3)
    for top_p in (1e-9, 1e-46, 5e-324):
        assert shares(Sampling(top_k=5, top_p=top_p))[1] == 1


def test_a_temperature_near_zero_is_greedy_and_does_not_overflow() -> None:
    for temperature in (1e-9, 1e-30, 1e-300):
        assert shares(Sampling(temperature=temperature, top_k=5))[1] == 1


def test_a_word_with_a_logit_of_minus_infinity_never_comes() -> None:
    logits = LOGITS.clone()
    logits[1] = -torch.inf
    assert shares(Sampling(top_k=5), logits)[1] == 0


@pytest.mark.parametrize("uniform", [0.0, 1 - 2**-53])
def test_the_least_and_the_greatest_random_number_give_a_word_too(uniform: float) -> None:
    assert sample(LOGITS.sort(descending=True).values.tolist(), Sampling(top_k=5), uniform) in range(5)
