"""A run: the folder that holds one training, from the prepared words to the bundle.

`words.safetensors`, `vocab.json`, `lexicon.json`, `corpus.txt` (what was understood of the scripts), `run.json` and, if
parts of the scripts could not be used, `skipped.txt` are written when the run is prepared; `checkpoint.pt`,
`metrics.jsonl`, `curve.png` and `bundle/` while it trains. Every file is written aside and renamed. `digests.json` has
the digests of all that is read again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from coldopen.bundle.manifest import LEXICON
from coldopen.errors import ColdOpenError
from coldopen.lexicon import Lexicon
from coldopen.network import NetworkConfig
from coldopen.vocabulary import Vocabulary, tokenise
from training.data.corpus import Corpus, text_to_learn
from training.data.ids import Split, ids_of_text, known_ids, split_by_position
from training.data.lexicon import learn_lexicon
from training.data.original import characters_of_parts
from training.data.report import auxiliary_report, report
from training.digests import read_checked, write_files
from training.preset import Preset
from training.run_bundle import CHECKPOINT, check_bundle

SKIPPED = "skipped.txt"
METRICS = "metrics.jsonl"
REPORT = "corpus.txt"

_RUNS = Path("runs")
_LATEST = _RUNS / "latest"
_MIN_WORDS = 1000


class RunError(ColdOpenError):
    """A run's folder that can't be used."""


@dataclass(frozen=True, slots=True)
class Run:
    """A prepared run.

    Attributes:
        folder: where it lives.
        ids: the whole corpus as word ids, int64 (words,).
        vocabulary: what the ids mean.
        lexicon: what the corpus taught about them.
        about: what run.json says: preset, corpus digest and sources, and those of the auxiliary scripts.
        auxiliary: scripts that are learnt from beside the training part, int64 (words,); `<PAD>` is a word that the
            vocabulary lacks.
    """

    folder: Path
    ids: Tensor
    vocabulary: Vocabulary
    lexicon: Lexicon
    about: dict[str, Any]
    auxiliary: Tensor = field(default_factory=lambda: torch.zeros(0, dtype=torch.int64))

    @property
    def bundle_folder(self) -> Path:
        """Where the bundle of the best epoch so far stands."""
        return self.folder / "bundle"

    @property
    def report(self) -> str:
        """What was understood of the scripts when the run was prepared, for a person."""
        file = self.folder / REPORT
        return file.read_text(encoding="utf-8") if file.exists() else ""

    @property
    def checkpoint_file(self) -> Path:
        """Where training left off."""
        return self.folder / CHECKPOINT

    @property
    def split(self) -> Split:
        """The parts of the corpus to train, validate and test on."""
        return split_by_position(self.ids)

    @property
    def counts(self) -> Tensor:
        """How often each word occurs in the training part, int64 (vocabulary_size,)."""
        return torch.bincount(self.split.train, minlength=len(self.vocabulary))

    @property
    def auxiliary_counts(self) -> Tensor:
        """How often each word occurs in the auxiliary scripts, int64 (vocabulary_size,)."""
        return torch.bincount(self.auxiliary[self.auxiliary != self.pad_id], minlength=len(self.vocabulary))

    @property
    def pad_id(self) -> int:
        """The id of `<PAD>`, which a vocabulary made from a corpus always has."""
        assert self.vocabulary.pad_id is not None
        return self.vocabulary.pad_id

    def network_config(self, preset: Preset) -> NetworkConfig:
        """The network that a preset makes of this corpus."""
        return preset.network.config(len(self.vocabulary))


def folder_of(name: str, corpus: Corpus, auxiliary: Corpus | None = None) -> Path:
    """The folder where none was named: the preset's name and the scripts decide, so the same command finds it again."""
    return _RUNS / "-".join([name, corpus.sha256[:8], *([auxiliary.sha256[:8]] if auxiliary else [])])


def latest_folder() -> Path:
    """The run that was prepared or trained last: the one that `runs/latest` points to, as long as it is there.

    Raises:
        RunError: if there is none.
    """
    if _LATEST.is_symlink() and (_LATEST / "run.json").exists():
        return _RUNS / _LATEST.readlink()
    folders = [file.parent for file in _RUNS.glob("*/run.json")]
    if not folders:
        raise RunError(f"there is no run in {_RUNS}/ yet: train one first (make train), or name one with --folder")
    return max(folders, key=lambda folder: max(file.stat().st_mtime for file in folder.iterdir()))


def prepare(folder: Path, preset: Preset, corpus: Corpus, auxiliary: Corpus | None = None) -> Run:
    """Make the run's folder, or open it if the same preset and scripts made it.

    Args:
        auxiliary: scripts to learn from beside the corpus, whose words alone make the vocabulary.

    Raises:
        RunError: if the folder belongs to another preset or other scripts, the corpus is too small, the preset can't
            learn from auxiliary scripts, or a bundle that stands there is damaged.
        DigestError: as `open_run` does.
    """
    about: dict[str, Any] = {
        "preset": preset.to_dict(),
        "corpus": {"sha256": corpus.sha256, "sources": list(corpus.sources), "skipped": len(corpus.skips)},
    }
    if hints := corpus.hints.to_dict():
        about["corpus"]["hints"] = hints
    if auxiliary:
        if not preset.recipe:
            raise RunError(f"preset {preset.name!r} has no [recipe], which auxiliary scripts need: choose another")
        about["auxiliary"] = {"sha256": auxiliary.sha256, "sources": list(auxiliary.sources)}
    if (folder / "run.json").exists():
        run = open_run(folder)
        same = {
            "preset": run.about["preset"] == about["preset"],
            "corpus": run.about["corpus"]["sha256"] == corpus.sha256,
            "choice of auxiliary scripts": _digest(run.about) == _digest(about),
        }
        for key, is_same in same.items():
            if not is_same:
                raise RunError(
                    f"{folder} was made with another {key}; choose another folder with --folder, or remove it"
                )
        check_bundle(folder)
        _point_to(folder)
        return run
    text = text_to_learn(corpus.text, preset.to_dict())
    about["corpus"]["characters"] = characters_of_parts(corpus.text, text)
    ids, vocabulary = ids_of_text(text, preset.training.min_count)
    counts = torch.bincount(ids, minlength=len(vocabulary))
    understood = report(corpus, len(ids), counts.tolist(), preset.to_dict())
    words = {"words": ids}
    if auxiliary:
        tokens = tokenise(text_to_learn(auxiliary.text, preset.to_dict()))
        words["auxiliary"] = known_ids(tokens, vocabulary)
        about["auxiliary"]["words"] = len(tokens)
        unknown = sum(token not in vocabulary for token in tokens)
        understood = f"{understood}\n{auxiliary_report(auxiliary, len(tokens), unknown)}"
    if len(ids) < _MIN_WORDS:
        raise RunError(
            f"the scripts hold {len(ids):,} words; at least {_MIN_WORDS:,} are needed to train on\n{understood}"
        )
    folder.mkdir(parents=True, exist_ok=True)
    lexicon = learn_lexicon(text, vocabulary)
    left_out = "".join(f"{part}\n" for part in (*corpus.left_out, *corpus.skips))
    files = {
        "words.safetensors": save(words),
        **({SKIPPED: left_out.encode("utf-8", "replace")} if left_out else {}),
        REPORT: f"{understood}\n".encode("utf-8", "replace"),
        "vocab.json": json.dumps(vocabulary.words, ensure_ascii=False).encode(),
        LEXICON: lexicon.to_bytes(),
        "run.json": json.dumps(about, indent=2).encode(),  # last: a folder without it is no run yet
    }
    write_files(folder, files)
    _point_to(folder)
    return Run(folder, ids, vocabulary, lexicon, about, *([words["auxiliary"]] if auxiliary else []))


def _digest(about: dict[str, Any]) -> str | None:
    digest: str | None = about.get("auxiliary", {}).get("sha256")
    return digest


def open_run(folder: Path) -> Run:
    """Open a run that was prepared earlier.

    Raises:
        RunError: if the folder is no run, or another version's.
        DigestError: if a file in it is damaged.
    """
    for name in ("run.json", "vocab.json", "words.safetensors"):
        if not (folder / name).exists():
            raise RunError(f"{folder} is not a run: {name} is missing")
    if not (folder / LEXICON).exists():
        raise RunError(
            f"{folder} has no {LEXICON}: an older version prepared it. Train in a new folder; the bundle in it is good "
            f"as ever, named by itself: {folder / 'bundle'}"
        )
    again = f"Put back a copy of it, or remove {folder} and train again"
    files = {
        name: read_checked(folder, name, again) for name in ("run.json", "vocab.json", LEXICON, "words.safetensors")
    }
    if (folder / METRICS).exists():
        read_checked(folder, METRICS, "Remove it: training writes it again from its checkpoint")
    try:
        about = json.loads(files["run.json"])
        about["corpus"]["sha256"], about["preset"]["training"]["sequence_length"]  # missing: KeyError or TypeError
        vocabulary = Vocabulary(json.loads(files["vocab.json"]))
        lexicon = Lexicon.from_bytes(files[LEXICON], vocabulary)
        words = load(files["words.safetensors"])
        for ids in words.values():
            if ids.dtype != torch.int64 or ids.dim() != 1 or int(ids.min()) < 0 or int(ids.max()) >= len(vocabulary):
                raise ValueError("words.safetensors does not hold ids of the vocabulary")
        ids = words.pop("words")
    except (ValueError, KeyError, TypeError, RecursionError, RuntimeError, SafetensorError) as error:
        raise RunError(
            f"{folder} was made by another version of Cold Open ({error!r}): train in a new folder"
        ) from None
    return Run(folder, ids, vocabulary, lexicon, about, **words)


def _point_to(folder: Path) -> None:
    """Let `runs/latest` name the run, if it is one of those in `runs/`; file times would follow a clock set back."""
    if folder.resolve().parent != _RUNS.resolve() or (_LATEST.is_dir() and not _LATEST.is_symlink()):
        return
    aside = _RUNS / ".latest.part"
    aside.unlink(missing_ok=True)
    aside.symlink_to(folder.resolve().name)
    aside.rename(_LATEST)
