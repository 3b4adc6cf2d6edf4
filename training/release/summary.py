"""What a release is, in a few lines, and what speaks against sending it to production."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from coldopen.bundle.manifest import Manifest
from training.evaluation.report import CARRIED, EVALUATION, TRIGRAM
from training.release.provenance import Provenance

_FEW_WORDS = 20_000  # of a corpus; four half-hour episodes or so


class Measured(NamedTuple):
    """Perplexity on the test part's words that training saw: the model's, and a trigram's of the same corpus."""

    model: float
    trigram: float


def read_measured(folder: Path, version: str) -> Measured | None:
    """What `evaluate` found of this very version; None if the folder holds no such evaluation."""
    try:
        evaluation = json.loads((folder / EVALUATION).read_bytes())
        of = evaluation["perplexity"]["test"]["of"]
        if evaluation["model"]["version"] != version:
            return None
        return Measured(float(of[CARRIED]["seen"]), float(of[TRIGRAM]["seen"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def summary(manifest: Manifest, version: str, measured: Measured | None) -> str:
    """Name, corpus, training, perplexity and sizes, a line each."""
    size = sum(file["size"] for file in manifest.files.values())
    first = (
        f"{manifest.name}, version {version}: {manifest.network.vocabulary_size:,} words in the vocabulary, "
        f"{len(manifest.files)} files, {size / 1e6:.1f} MB"
    )
    about = Provenance.of(manifest)
    if about.is_foreign:
        return f"{first}\ntrained elsewhere: nothing is known of its corpus, nor how good it is"
    return "\n".join([first, about.corpus(), about.epochs(), _perplexity(about, measured)])


def doubts(manifest: Manifest, measured: Measured | None) -> list[str]:
    """Why a model is a toy rather than something to serve, a clause each; of one trained elsewhere nothing is known."""
    about = Provenance.of(manifest)
    if about.is_foreign:
        return []
    found = []
    if about.words is not None and about.words < _FEW_WORDS:
        found.append(f"it learnt from {about.words:,} words only, fewer than {_FEW_WORDS:,}")
    if about.epoch == 1 and not about.is_over:
        found.append("its training has not come past the first epoch")
    if measured and measured.model >= measured.trigram:
        found.append(f"its perplexity of {measured.model:.1f} is no better than a trigram's, {measured.trigram:.1f}")
    return found


def _perplexity(about: Provenance, measured: Measured | None) -> str:
    if measured:
        return (
            f"perplexity on test, seen words: {measured.model:.1f}; a Kneser-Ney trigram's: {measured.trigram:.1f} "
            f"({measured.model / measured.trigram - 1:+.0%})"
        )
    known = "perplexity: not known"
    for part in ("test", "validation"):
        if (value := about.perplexity(part)) is not None:
            known = f"perplexity on {part}, seen words: {value:.1f}"
            break
    return f"{known}; not evaluated, so a trigram's is not known (python -m training evaluate tells it)"
