"""What each sampling makes of a model's scripts, beside the held-out scripts' own figures.

    python -m bench.sampling FOLDER [SCRIPTS]

FOLDER is a run's or a bundle's; a bundle needs the scripts that it was trained on. The figures are those of `python -m
training evaluate`, from fewer scripts; the last column is what a word costs: the best of five runs on one thread, all
samplings in turn. The table is Markdown, for docs/evaluation.md.
"""

from __future__ import annotations

import sys
import time
from itertools import product
from pathlib import Path

import torch

from coldopen.sampling import Sampling
from coldopen.writer import Writer
from training.evaluation.generation import PieceMeasures, held_out_pieces, measure, written_pieces
from training.evaluation.tables import as_markdown
from training.evaluation.target import open_target

_TEMPERATURES = (0.8, 0.9, 1.0)
_CUTS = ((5, 1.0), (20, 1.0), (40, 1.0), (40, 0.95), (100, 1.0), (100, 0.95), (1000, 0.95), (None, 1.0))  # top_k, top_p
_SCRIPTS = 40
_TIMED_RUNS, _TIMED_WORDS = 5, 200
_HEADER = (
    "temperature, top_k, top_p",
    "distinct-1",
    "-2",
    "-3",
    "repeated",
    "copied",
    "longest",
    "speakers",
    "ms/word",
)


def main() -> None:
    """Measure and print, a line for each sampling."""
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    folder, *scripts = map(Path, sys.argv[1:])
    target = open_target(folder, next(iter(scripts), None))
    split, vocabulary = target.split, target.bundle.vocabulary
    writer = Writer(target.bundle)
    held_out = held_out_pieces(torch.cat([split.validation, split.test]), target.is_cue)[:_SCRIPTS]
    first_words = [vocabulary.words[word] for word in held_out[:, 0].tolist()]
    samplings = [
        Sampling(temperature, min(top_k or len(vocabulary), len(vocabulary)), top_p)
        for (top_k, top_p), temperature in product(_CUTS, _TEMPERATURES)
    ]
    torch.set_num_threads(1)
    cost_ms = _ms_per_word(writer, first_words[0], samplings)
    print(f"{writer.version}, {len(held_out)} scripts of {held_out.shape[1]} words\n")
    print(
        as_markdown([_HEADER, ["held out", *_cells(measure(held_out, split.train, writer.lexicon)), "-"]]), flush=True
    )
    for sampling, ms in zip(samplings, cost_ms, strict=True):
        pieces = written_pieces(writer, first_words, held_out.shape[1], sampling)
        label = f"{sampling.temperature}, {sampling.top_k:,}, {sampling.top_p}"
        row = [label, *_cells(measure(pieces, split.train, writer.lexicon)), f"{ms:.2f}"]
        print(as_markdown([_HEADER, row]).splitlines()[-1], flush=True)


def _ms_per_word(writer: Writer, first_word: str, samplings: list[Sampling]) -> list[float]:
    """The best time of a word for each sampling, all of them in turn."""
    times: list[list[float]] = [[] for _ in samplings]
    for run in range(_TIMED_RUNS):
        for taken, sampling in zip(times, samplings, strict=True):
            begun = time.perf_counter()
            writer.write([first_word], _TIMED_WORDS, sampling, seed=run)
            taken.append((time.perf_counter() - begun) * 1000 / _TIMED_WORDS)
    return [min(taken) for taken in times]


def _cells(measures: PieceMeasures) -> list[str]:
    return [
        *(f"{share:.3f}" for share in measures.distinct),
        f"{measures.self_repetition:.1%}",
        f"{measures.copied:.1%}",
        str(measures.longest_copied),
        f"{measures.speaker_lines:.1%}",
    ]


if __name__ == "__main__":
    main()
