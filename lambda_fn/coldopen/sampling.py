"""Sampling: from logits to the next word's id."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

_GREEDY = 1e-6  # below it float32 has nothing left to divide by, and the likeliest word is sure already


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next word is chosen.

    Attributes:
        temperature: above 0; divides the logits. Below 1 the likely words gain, above 1 they lose.
        top_k: only so many of the likeliest words take part (Fan et al. 2018); the seed used 5.
        top_p: of these, only the likeliest that together reach this share (Holtzman et al. 2020); 1 keeps all.
    """

    temperature: float = 1.0
    top_k: int = 5
    top_p: float = 1.0


def sample(logits: Tensor, sampling: Sampling, uniform: float) -> int:
    """Choose a word by inverse transform sampling.

    Args:
        logits: float32 (vocabulary_size,); minus infinity for words that must not come.
        sampling: top_k is at most vocabulary_size.
        uniform: a random number in [0, 1), the only source of chance, so that a reply can be had again.

    Returns:
        The chosen word's id.
    """
    values, words = logits.topk(sampling.top_k)  # each (top_k,), likeliest first
    # minus the largest: a temperature near 0 must not overflow
    probabilities = torch.softmax((values - values[0]) / max(sampling.temperature, _GREEDY), dim=0)
    cumulative = probabilities.cumsum(dim=0)
    if sampling.top_p < 1:
        kept = int((cumulative - probabilities < sampling.top_p).sum())
        cumulative = cumulative[: max(1, kept)]  # a top_p below float32's smallest number keeps the first word too
    place = torch.searchsorted(cumulative, uniform * cumulative[-1], right=True)
    return int(words[min(int(place), len(cumulative) - 1)])
