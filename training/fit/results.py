"""What a training leaves in its run's folder: metrics, a learning curve, and the bundle of the best epoch."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from coldopen.bundle.manifest import COPIES, LEXICON, MANIFEST
from coldopen.bundle.read import read_bundle
from coldopen.bundle.write import bundle_files, write_bundle
from coldopen.copies import Copies
from coldopen.memory import MemoryConfig
from coldopen.network import NetworkConfig, ScriptNetwork, serving_network
from training.digests import record, write_files
from training.evaluation.plots import draw_learning_curve
from training.evaluation.remembered import choose_memory
from training.fit.progress import EpochMetrics, Progress
from training.fit.unseen import sweep_constants, unseen_words
from training.preset import Preset
from training.run import METRICS, Run
from training.run_bundle import BUNDLE_MANIFEST, checked_bundle

_CURVE_EVERY_S = 30
_SPLIT = "by position 90/5/5, state carried over the whole part, every token counted"


class Results:
    """Writes what a training gives; process 0 alone has one to write.

    Args:
        run: into whose folder.
        preset: the one that is trained by.
    """

    def __init__(self, run: Run, preset: Preset) -> None:
        self._run, self._preset = run, preset
        self._drawn_at = time.monotonic()

    def write_epoch(self, progress: Progress, network: ScriptNetwork, is_over: bool) -> None:
        """Write the metrics so far, and the network's bundle if the last epoch is the best.

        Args:
            network: the plain network that the last epoch gave.
            is_over: whether that was the last epoch; the curve is drawn then, or once in a while, since it takes
                longer than a small epoch.
        """
        folder, history = self._run.folder, progress.history
        self.write_metrics(history)
        if is_over or time.monotonic() - self._drawn_at > _CURVE_EVERY_S:
            draw_learning_curve([metrics.to_dict() for metrics in history], folder / "curve.png")
            self._drawn_at = time.monotonic()
        if history[-1] is progress.best:
            training = self._provenance(history[-1], progress.seconds_in_all)
            self._write_bundle(network.state_dict(), network.config, training)

    def write_metrics(self, history: Sequence[EpochMetrics]) -> None:
        """Write a line for each epoch so far."""
        lines = "".join(json.dumps(metrics.to_dict()) + "\n" for metrics in history)
        write_files(self._run.folder, {METRICS: lines.encode()})

    def write_test(self, progress: Progress, device: torch.device) -> None:
        """Choose the memory of the best epoch's network, measure it on test, and write that into the bundle's manifest.

        Nothing is done where that is there already.
        """
        bundle = read_bundle(str(checked_bundle(self._run.folder)))
        training, config = bundle.manifest.training, bundle.manifest.network
        if "test_perplexity" in training["metrics"]:
            return
        network = serving_network(config, bundle.state_dict()).to(device)
        unseen = unseen_words(self._run.counts, self._run.pad_id)
        on_test = sweep_constants(network, self._run.split.test, unseen).unchanged
        training["metrics"]["test_perplexity"] = round(on_test.perplexity, 3)
        training["metrics"]["test_perplexity_seen"] = round(on_test.perplexity_seen, 3)
        training["seconds"] = round(progress.seconds_in_all)
        memory = choose_memory(network.cpu(), self._run.split.validation, self._run.counts)
        self._write_bundle(bundle.state_dict(), config, training, memory)

    def _write_bundle(
        self,
        state_dict: Mapping[str, Tensor],
        config: NetworkConfig,
        training: dict[str, Any],
        memory: MemoryConfig | None = None,
    ) -> None:
        name, words = self._preset.name, self._run.vocabulary
        files = bundle_files(state_dict, words, config, name, training, self._optional, memory)
        record(self._run.folder, {BUNDLE_MANIFEST: files[MANIFEST]})
        write_bundle(self._run.bundle_folder, files)

    @cached_property
    def _optional(self) -> dict[str, bytes]:
        """The optional files of every bundle; made once, since a large corpus takes some seconds."""
        learnt = torch.cat([self._run.ids, self._run.auxiliary])
        copies = Copies.of(learnt.tolist(), unwritten=self._run.pad_id)
        return {LEXICON: self._run.lexicon.to_bytes(), COPIES: copies.to_bytes()}

    def _provenance(self, metrics: EpochMetrics, seconds: float) -> dict[str, Any]:
        """Where the weights come from, as the manifest tells it."""
        about = self._run.about["corpus"]
        corpus = {key: about[key] for key in ("sha256", "sources", "hints") if key in about}
        constant = metrics.unseen_constant
        return {
            "preset": self._preset.to_dict(),
            "corpus": {**corpus, "words": len(self._run.ids)},
            **({"auxiliary": self._run.about["auxiliary"]} if "auxiliary" in self._run.about else {}),
            "epoch": metrics.epoch,
            **({} if constant is None else {"unseen_constant": constant}),
            "seconds": round(seconds),
            "torch": torch.__version__,
            "python": platform.python_version(),
            "metrics": {**metrics.validation, "split": _SPLIT},
        }
