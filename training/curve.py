"""The learning curve as a picture."""

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
        history: a line for each epoch: `epoch`, `train_perplexity`, `validation_perplexity`.
        path: where the picture goes; it is there whole or not at all.
    """
    figure, axes = pyplot.subplots(figsize=(7, 4), layout="constrained")
    epochs = [line["epoch"] for line in history]
    for key, label in (
        ("train_perplexity", "training (with dropout)"),
        ("validation_perplexity", "validation"),
    ):
        axes.plot(epochs, [line[key] for line in history], marker="o", label=label)
    axes.set(xlabel="epoch", ylabel="perplexity (log scale)", yscale="log")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter("{x:.0f}")
    axes.yaxis.set_minor_formatter("{x:.0f}")
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend()
    aside = path.with_name(f".{path.name}.part")
    figure.savefig(aside, format="png", dpi=120)
    pyplot.close(figure)
    aside.rename(path)
