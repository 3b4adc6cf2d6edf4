"""The original's own findings, tried again at a small scale: one number of the preset `seed` changed at a time.

Each training has a folder of its own, so a sweep that was stopped goes on where it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from coldopen.files import write_file
from training.data.corpus import Corpus
from training.evaluation.plots import draw_validation_curves
from training.evaluation.tables import as_markdown
from training.fit.interrupt import ShouldStop
from training.fit.loop import fit
from training.fit.process_group import ProcessGroup
from training.fit.progress import Progress
from training.preset import read_preset
from training.run import prepare


@dataclass(frozen=True, slots=True)
class Variant:
    """One change to the preset `seed`.

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


def sweep(corpus: Corpus, words: int, epochs: int, folder: Path, group: ProcessGroup, should_stop: ShouldStop) -> str:
    """Train each variant on the corpus's first words, and write `sweep.md` and `sweep.png` to the folder.

    Args:
        words: how much of the corpus takes part, counted between white space.
        epochs: of each training.

    Returns:
        The table, as Markdown.

    Raises:
        TrainingError, Interrupted: as `fit` does.
    """
    preset = read_preset("seed")
    part = replace(corpus, text=_first_words(corpus.text, words))
    trained: dict[str, Progress] = {}
    for variant in VARIANTS:
        changed = replace(preset, training=replace(preset.training, epochs=epochs, **variant.changes))
        run = group.main_first(partial(prepare, folder / variant.name, changed, part))
        trained[variant.label] = fit(run, changed, group, should_stop)
    table = _table(trained)
    if group.is_main:
        curves = {
            label: [metrics.validation_perplexity for metrics in progress.history]
            for label, progress in trained.items()
        }
        draw_validation_curves(curves, folder / "sweep.png")
        write_file(folder / "sweep.md", table.encode())
    return table


def _first_words(text: str, words: int) -> str:
    """The first lines of a text that hold so many words, or all of it."""
    lines, count = [], 0
    for line in text.splitlines(keepends=True):
        if count >= words:
            break
        lines.append(line)
        count += len(line.split())
    return "".join(lines)


def _table(trained: Mapping[str, Progress]) -> str:
    """Markdown: what each variant came to, and how fast."""
    header = ["training", "best perplexity on validation", "in epoch", "last", "steps", "words/s"]
    return as_markdown([header, *(_row(label, progress) for label, progress in trained.items())]) + "\n"


def _row(label: str, progress: Progress) -> list[str]:
    best, last = progress.best, progress.history[-1]
    words = sum(metrics.words_per_s * metrics.seconds for metrics in progress.history)
    return [
        label,
        f"{best.validation_perplexity:.1f}",
        str(best.epoch),
        f"{last.validation_perplexity:.1f}",
        f"{last.step:,}",
        f"{words / max(progress.seconds_in_all, 1e-9):,.0f}",
    ]
