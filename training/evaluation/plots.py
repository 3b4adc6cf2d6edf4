"""Pictures: learning curves, and the reliability diagram. Each is a PNG that is there whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")  # draws into a file: no screen needed
from matplotlib import pyplot
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from coldopen.files import written_aside
from training.evaluation.calibration import NUM_BINS, Bin, expected_calibration_error


def draw_learning_curve(history: Sequence[dict[str, Any]], path: Path) -> None:
    """Draw perplexity in training and on validation over epochs.

    Args:
        history: the metrics of each epoch, as in metrics.jsonl.
        path: where the picture goes.
    """
    lines = {
        label: [metrics[key] for metrics in history]
        for key, label in (
            ("train_perplexity", "training (with dropout)"),
            ("validation_perplexity", "validation"),
            ("validation_perplexity_seen", "validation, words seen in training"),
        )
        if key in history[0]
    }
    _draw_over_epochs(lines, path, "perplexity (log scale)")


def draw_validation_curves(histories: Mapping[str, Sequence[float]], path: Path) -> None:
    """Draw the perplexity on validation of several trainings over their epochs.

    Args:
        histories: by label, the perplexity after each epoch.
        path: where the picture goes.
    """
    _draw_over_epochs(histories, path, "perplexity on validation (log scale)")


def draw_reliability(bins: Sequence[Bin], path: Path) -> None:
    """Draw accuracy over confidence, and how many predictions each bin holds.

    Args:
        bins: those that hold predictions, by rising confidence.
        path: where the picture goes.
    """
    figure, (above, below) = pyplot.subplots(2, figsize=(5, 5), height_ratios=(3, 1), sharex=True, layout="constrained")
    confidence = [part.confidence for part in bins]
    above.plot([0, 1], [0, 1], color="grey", linestyle="--", label="perfect")
    above.plot(confidence, [part.accuracy for part in bins], marker="o", label="the network")
    error = expected_calibration_error(bins)
    above.set(ylabel="how often it came", ylim=(0, 1), title=f"expected calibration error {error:.3f}")
    above.legend()
    below.bar(confidence, [part.words for part in bins], width=0.6 / NUM_BINS)
    below.set(xlabel="probability of the likeliest word", ylabel="words", xlim=(0, 1), yscale="log", ylim=(1, None))
    for axes in (above, below):
        axes.grid(visible=True, alpha=0.3)
    _write(figure, path, dpi=100)


def _draw_over_epochs(lines: Mapping[str, Sequence[float]], path: Path, ylabel: str) -> None:
    figure, axes = pyplot.subplots(figsize=(7, 4), layout="constrained")
    for label, values in lines.items():
        axes.plot(range(1, len(values) + 1), values, marker="o", label=label)
    axes.set(xlabel="epoch", ylabel=ylabel, yscale="log")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter("{x:.0f}")
    axes.yaxis.set_minor_formatter("{x:.0f}")
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend()
    _write(figure, path, dpi=120)


def _write(figure: Figure, path: Path, dpi: int) -> None:
    with written_aside(path) as file:
        figure.savefig(file, format="png", dpi=dpi)
    pyplot.close(figure)
