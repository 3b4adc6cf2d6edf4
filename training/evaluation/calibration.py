"""Calibration: whether a network that is 30 % sure of its likeliest word is right 30 % of the time.

Guo et al. 2017, "On Calibration of Modern Neural Networks": bins of equal width, expected calibration error and
the reliability diagram.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

NUM_BINS = 15
"""Bins of equal width between 0 and 1."""


@dataclass(frozen=True, slots=True)
class Bin:
    """The predictions whose confidence lies in one of the equal parts of 0 to 1.

    Attributes:
        words: how many they are, at least one.
        confidence: their mean probability of the likeliest word.
        accuracy: the share of them in which that word came.
    """

    words: int
    confidence: float
    accuracy: float


def reliability(confidence: Tensor, is_right: Tensor) -> list[Bin]:
    """The bins that hold predictions, by rising confidence.

    Args:
        confidence: float32 (predictions,), between 0 and 1.
        is_right: bool (predictions,).
    """
    bin_of = (confidence * NUM_BINS).long().clamp_max(NUM_BINS - 1)
    bins = []
    for index in range(NUM_BINS):
        of_bin = bin_of == index
        if not of_bin.any():
            continue
        sure, right = confidence[of_bin].double().mean(), is_right[of_bin].double().mean()
        bins.append(Bin(int(of_bin.sum()), float(sure), float(right)))
    return bins


def expected_calibration_error(bins: Sequence[Bin]) -> float:
    """The mean distance of confidence and accuracy, each bin weighed by its predictions."""
    return sum(part.words * abs(part.confidence - part.accuracy) for part in bins) / sum(part.words for part in bins)
