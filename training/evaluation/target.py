"""The evaluation target: a model, and the corpus that it was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from coldopen.bundle.content import Bundle
from coldopen.bundle.manifest import MANIFEST
from coldopen.bundle.read import read_bundle
from coldopen.errors import ColdOpenError
from coldopen.network import ScriptNetwork, serving_network
from coldopen.vocabulary import is_speaker, tokenise
from training.data.corpus import read_scripts_of, text_to_learn
from training.data.ids import Split, ids_of_tokens, split_by_position
from training.data.original import characters_of_parts
from training.run import open_run
from training.run_bundle import checked_bundle


class EvaluationError(ColdOpenError):
    """A model that can't be evaluated on these scripts."""


@dataclass(frozen=True, slots=True)
class Target:
    """A model and its corpus.

    Attributes:
        folder: the run's folder or the bundle's.
        bundle: the model.
        split: the parts of the corpus, as the model's word ids.
        is_seen: bool (vocabulary_size,): the words that stand in the training part.
        is_cue: bool (vocabulary_size,): of these, the speakers' cues.
        characters: of the scripts as they stand, in each part; empty for a run of a version that did not count them.
    """

    folder: Path
    bundle: Bundle
    split: Split
    is_seen: Tensor
    is_cue: Tensor
    characters: Mapping[str, int]

    @classmethod
    def of(cls, folder: Path, bundle: Bundle, ids: Tensor, characters: Mapping[str, int]) -> Target:
        """A model and its whole corpus, int64 (words,), with the characters of its parts."""
        split, vocabulary = split_by_position(ids), bundle.vocabulary
        is_seen = torch.bincount(split.train, minlength=len(vocabulary)) > 0
        is_cue = torch.tensor([is_speaker(word) for word in vocabulary.words]) & is_seen
        return cls(folder, bundle, split, is_seen, is_cue, characters)

    @property
    def network(self) -> ScriptNetwork:
        """The model in float32, in eval mode."""
        return serving_network(self.bundle.manifest.network, self.bundle.state_dict())


def open_target(folder: Path, scripts: Path | None) -> Target:
    """Open a run, or a bundle with the scripts that it was trained on.

    Args:
        folder: a run's or a bundle's.
        scripts: for a bundle, its scripts; None for a run, which has its own.

    Raises:
        EvaluationError: if the scripts are missing, or not wanted.
        RunError, BundleError, DigestError: as `open_run` and `checked_bundle` do.
        CorpusError: as `read_scripts_of` does.
        BundleError, ModelUnavailableError: as `read_bundle` does.
    """
    if (folder / MANIFEST).exists():
        return _open_bundle(folder, scripts)
    run = open_run(folder)
    if scripts:
        raise EvaluationError(f"{folder} is a run, which has its own scripts: leave --scripts out")
    characters = run.about["corpus"].get("characters", {})
    return Target.of(folder, read_bundle(str(checked_bundle(folder))), run.ids, characters)


def _open_bundle(folder: Path, scripts: Path | None) -> Target:
    if not scripts:
        raise EvaluationError(f"{folder} is a bundle: name the scripts that it was trained on with --scripts")
    bundle = read_bundle(str(checked_bundle(folder)))
    original = read_scripts_of(scripts, bundle.manifest, folder).text
    text = text_to_learn(original, bundle.manifest.training.get("preset", {}))
    ids = ids_of_tokens(tokenise(text), bundle.vocabulary)
    return Target.of(folder, bundle, ids, characters_of_parts(original, text))
