"""Learning curves as pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")  # draws into a file: no screen needed
from matplotlib import pyplot
from matplotlib.ticker import MaxNLocator


def draw_curve(history: list[dict[str, Any]], path: Path) -> None:
    """Draw perplexity in training and on validation over epochs, as PNG.

    Args:
        history: a line for each epoch: `epoch`, `train_perplexity`, `validation_perplexity`, and with a recipe
            `validation_perplexity_seen`.
        path: where the picture goes; it is there whole or not at all.
    """
    lines = {
        label: [line[key] for line in history]
        for key, label in (
            ("train_perplexity", "training (with dropout)"),
            ("validation_perplexity", "validation"),
            ("validation_perplexity_seen", "validation, words seen in training"),
        )
        if key in history[0]
    }
    _draw(lines, path)


def draw_curves(histories: dict[str, list[dict[str, Any]]], path: Path) -> None:
    """Draw the perplexity on validation of several trainings over their epochs, as PNG.

    Args:
        histories: by label, each as for `draw_curve`.
        path: where the picture goes; it is there whole or not at all.
    """
    _draw(
        {label: [line["validation_perplexity"] for line in history] for label, history in histories.items()},
        path,
        "perplexity on validation (log scale)",
    )


def _draw(lines: dict[str, list[float]], path: Path, ylabel: str = "perplexity (log scale)") -> None:
    figure, axes = pyplot.subplots(figsize=(7, 4), layout="constrained")
    for label, values in lines.items():
        axes.plot(range(1, len(values) + 1), values, marker="o", label=label)
    axes.set(xlabel="epoch", ylabel=ylabel, yscale="log")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter("{x:.0f}")
    axes.yaxis.set_minor_formatter("{x:.0f}")
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend()
    aside = path.with_name(f".{path.name}.part")
    figure.savefig(aside, format="png", dpi=120)
    pyplot.close(figure)
    aside.rename(path)
