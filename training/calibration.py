"""Calibration: whether a network that is 30 % sure of its likeliest word is right 30 % of the time.

Guo et al. 2017, "On Calibration of Modern Neural Networks": bins of equal width, expected calibration error and
the reliability diagram.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib
from torch import Tensor

matplotlib.use("Agg")  # draws into a file: no screen needed
from matplotlib import pyplot

_BINS = 15


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
    place = (confidence * _BINS).long().clamp_max(_BINS - 1)
    bins = []
    for index in range(_BINS):
        of_bin = place == index
        if not of_bin.any():
            continue
        sure, right = confidence[of_bin].double().mean(), is_right[of_bin].double().mean()
        bins.append(Bin(int(of_bin.sum()), float(sure), float(right)))
    return bins


def expected_calibration_error(bins: Sequence[Bin]) -> float:
    """The mean distance of confidence and accuracy, each bin weighed by its predictions."""
    return sum(part.words * abs(part.confidence - part.accuracy) for part in bins) / sum(part.words for part in bins)


def draw_reliability(bins: Sequence[Bin], path: Path) -> None:
    """Draw accuracy over confidence, and how many predictions each bin holds, as PNG.

    Args:
        path: where the picture goes; it is there whole or not at all.
    """
    figure, (above, below) = pyplot.subplots(2, figsize=(5, 5), height_ratios=(3, 1), sharex=True, layout="constrained")
    confidence = [part.confidence for part in bins]
    above.plot([0, 1], [0, 1], color="grey", linestyle="--", label="perfect")
    above.plot(confidence, [part.accuracy for part in bins], marker="o", label="the network")
    error = expected_calibration_error(bins)
    above.set(ylabel="how often it came", ylim=(0, 1), title=f"expected calibration error {error:.3f}")
    above.legend()
    below.bar(confidence, [part.words for part in bins], width=0.6 / _BINS)
    below.set(xlabel="probability of the likeliest word", ylabel="words", xlim=(0, 1), yscale="log", ylim=(1, None))
    for axes in (above, below):
        axes.grid(visible=True, alpha=0.3)
    aside = path.with_name(f".{path.name}.part")
    figure.savefig(aside, format="png", dpi=100)
    pyplot.close(figure)
    aside.rename(path)
