"""The seed's own findings, tried again at a small scale: one number of the preset `seed` changed at a time.

Each training has a folder of its own, so a sweep that was stopped goes on where it was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from training.corpus import Corpus
from training.curve import draw_curves
from training.devices import Workers
from training.preset import read_preset
from training.run import prepare, write_aside
from training.trainer import train


@dataclass(frozen=True, slots=True)
class Variant:
    """One change to the seed's preset.

    Attributes:
        name: of its folder.
        label: what a reader sees.
        changes: to the preset's training numbers.
    """

    name: str
    label: str
    changes: dict[str, Any]


VARIANTS = (
    Variant("seed", "the preset: sequence length 10, batch 256, learning rate 0.001", {}),
    Variant("length-100", "sequence length 100", {"sequence_length": 100}),
    Variant("rate-0.03", "learning rate 0.03", {"learning_rate": 0.03}),
    Variant("batch-512", "batch 512", {"batch_size": 512}),
)


def sweep(corpus: Corpus, words: int, epochs: int, folder: Path, workers: Workers) -> str:
    """Train each variant on the corpus's first words, and write `sweep.md` and `sweep.png` to the folder.

    Args:
        words: how much of the corpus takes part, counted between white space.
        epochs: of each training.

    Returns:
        The table, as Markdown.
    """
    preset = read_preset("seed")
    part = Corpus(_first_words(corpus.text, words), corpus.sources, corpus.skips)
    histories: dict[str, list[dict[str, Any]]] = {}
    for variant in VARIANTS:
        changed = replace(preset, training=replace(preset.training, epochs=epochs, **variant.changes))
        run = workers.leader_first(partial(prepare, folder / variant.name, changed, part))
        histories[variant.label] = train(run, changed, workers).history
    told = table(histories)
    if workers.leads:
        draw_curves(histories, folder / "sweep.png")
        write_aside(folder / "sweep.md", told.encode())
    return told


def _first_words(text: str, words: int) -> str:
    """The first lines of a text that hold so many words, or all of it."""
    lines, count = [], 0
    for line in text.splitlines(keepends=True):
        if count >= words:
            break
        lines.append(line)
        count += len(line.split())
    return "".join(lines)


def table(histories: dict[str, list[dict[str, Any]]]) -> str:
    """Markdown: what each variant came to, and how fast."""
    rows = [
        "| training | best perplexity on validation | in epoch | last | steps | words/s |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for label, history in histories.items():
        best = min(history, key=lambda line: float(line["validation_perplexity"]))
        seconds = sum(line["seconds"] for line in history)
        speed = sum(line["words_per_s"] * line["seconds"] for line in history) / max(seconds, 1e-9)
        lowest, last = best["validation_perplexity"], history[-1]
        rows.append(
            f"| {label} | {lowest:.1f} | {best['epoch']} | {last['validation_perplexity']:.1f} | "
            f"{last['step']:,} | {speed:,.0f} |"
        )
    return "\n".join(rows) + "\n"
