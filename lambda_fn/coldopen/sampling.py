"""Sampling: from logits to the next word's id."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate
from math import exp
from typing import NamedTuple


class Sampling(NamedTuple):  # made in a sixth of a dataclass's time, and a cold start waits for it
    """How the next word is chosen. docs/evaluation.md says why the defaults are what they are.

    Attributes:
        temperature: above 0; divides the logits. Below 1 the likely words gain, above 1 they lose.
        top_k: only so many of the likeliest words take part (Fan et al. 2018); the original project used 5.
        top_p: of these, only the likeliest that together reach this share (Holtzman et al. 2020); 1 keeps all.
        memory: the share of `coldopen.memory` in a word's probability, from 0 to 1; None for the model's own.
    """

    temperature: float = 0.9
    top_k: int = 40
    top_p: float = 1.0
    memory: float | None = None


def sample(logits: Sequence[float], sampling: Sampling, uniform: float) -> int:
    """Choose one of the likeliest words by inverse transform sampling.

    Args:
        logits: of the top_k likeliest words, falling; minus infinity for words that must not come.
        sampling: its temperature and its top_p; top_k and memory have been applied.
        uniform: a random number in [0, 1). Nothing else is random, so that a reply can be had again.

    Returns:
        The chosen word's index among them.
    """
    likeliest = logits[0]  # subtracted, so that a temperature near 0 does not overflow
    cumulative = list(accumulate(exp((logit - likeliest) / sampling.temperature) for logit in logits))
    if sampling.top_p < 1:
        del cumulative[bisect_left(cumulative, sampling.top_p * cumulative[-1]) + 1 :]
    return min(bisect_right(cumulative, uniform * cumulative[-1]), len(cumulative) - 1)
