"""A run: the folder that holds one training, from the prepared words to the bundle.

`words.safetensors`, `vocab.json` and `run.json` are written when the run is prepared; `checkpoint.pt`,
`metrics.jsonl`, `curve.png` and `bundle/` while it trains. Every file is written aside and renamed.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from coldopen.errors import ColdOpenError
from coldopen.network import NetworkConfig
from coldopen.vocabulary import Vocabulary
from training.corpus import Corpus
from training.dataset import words_of
from training.preset import Preset

_RUNS = Path("runs")
_MIN_WORDS = 1000


class RunError(ColdOpenError):
    """A run's folder that can't be used."""


@dataclass(frozen=True, slots=True)
class Run:
    """A prepared run.

    Attributes:
        folder: where it lives.
        words: the whole corpus, int64 (words,).
        vocabulary: what the ids mean.
        about: what run.json says: preset, corpus digest and sources.
    """

    folder: Path
    words: Tensor
    vocabulary: Vocabulary
    about: dict[str, Any]

    @property
    def bundle_folder(self) -> Path:
        """Where the bundle of the best epoch so far stands."""
        return self.folder / "bundle"

    @property
    def checkpoint_file(self) -> Path:
        """Where training left off."""
        return self.folder / "checkpoint.pt"

    def network_config(self, preset: Preset) -> NetworkConfig:
        """The network that a preset makes of this corpus."""
        sizes = preset.network
        return NetworkConfig(
            len(self.vocabulary), sizes.embedding_dim, sizes.hidden_size, sizes.num_layers, sizes.dropout
        )


def folder_of(preset: Preset, corpus: Corpus) -> Path:
    """The run's folder where none was named: preset and corpus decide, so the same command finds it again."""
    return _RUNS / f"{preset.name}-{corpus.sha256[:8]}"


def latest_folder() -> Path:
    """The run that was written to last.

    Raises:
        RunError: if there is none.
    """
    folders = [file.parent for file in _RUNS.glob("*/run.json")]
    if not folders:
        raise RunError(f"there is no run in {_RUNS}/ yet: train one first (make train), or name one with --folder")
    return max(folders, key=lambda folder: max(file.stat().st_mtime for file in folder.iterdir()))


def prepare(folder: Path, preset: Preset, corpus: Corpus) -> Run:
    """Make the run's folder, or open it if the same preset and corpus made it.

    Raises:
        RunError: if the folder belongs to another preset or corpus, or the corpus is too small.
    """
    about = {
        "preset": preset.to_dict(),
        "corpus": {"sha256": corpus.sha256, "sources": list(corpus.sources), "skipped": len(corpus.skips)},
    }
    if (folder / "run.json").exists():
        run = open_run(folder)
        for key, value in about.items():
            if run.about[key] != value:
                raise RunError(
                    f"{folder} was made with another {key}; choose another folder with --folder, or remove it"
                )
        return run
    words, vocabulary = words_of(corpus.text)
    if len(words) < _MIN_WORDS:
        raise RunError(f"the scripts hold {len(words):,} words; at least {_MIN_WORDS:,} are needed to train on")
    folder.mkdir(parents=True, exist_ok=True)
    write_aside(folder / "words.safetensors", save({"words": words}))
    write_aside(folder / "vocab.json", json.dumps(vocabulary.words, ensure_ascii=False).encode())
    write_aside(folder / "run.json", json.dumps(about, indent=2).encode())
    return Run(folder, words, vocabulary, about)


def open_run(folder: Path) -> Run:
    """Open a run that was prepared earlier.

    Raises:
        RunError: if the folder is no run or a file in it is damaged.
    """
    for name in ("run.json", "vocab.json", "words.safetensors"):
        if not (folder / name).exists():
            raise RunError(f"{folder} is not a run: {name} is missing")
    try:
        about = json.loads((folder / "run.json").read_bytes())
        vocabulary = Vocabulary(json.loads((folder / "vocab.json").read_bytes()))
        words = load_file(folder / "words.safetensors")["words"]
    except (OSError, ValueError, SafetensorError) as error:
        raise RunError(f"{folder} is damaged: {error}") from None
    return Run(folder, words, vocabulary, about)


def write_aside(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all, even if the machine stops."""
    aside = path.with_name(f".{path.name}.part")
    with aside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    aside.rename(path)
