"""The training loop: steps, checkpoints, resumption, and the bundle of the best epoch.

A preset without a recipe trains as the seed did: Adam on shuffled windows. One with a recipe reads rows of running
text whose state is carried from window to window (`recipe.py`).

Everything random follows from the preset's seed and the step's number, so a run that was interrupted ends
with the same weights as one that wasn't (on the same machine). With several processes, each takes its rows of
every batch and one sum over all of them gives the same gradient as a single process would compute.
"""

from __future__ import annotations

import io
import json
import math
import platform
import signal
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from tqdm import tqdm

from coldopen.bundle import bundle_files, read_bundle, write_bundle
from coldopen.errors import ColdOpenError
from coldopen.network import ScriptNetwork, serving_network
from training.curve import draw_curve
from training.dataset import loader, split_by_position, windows
from training.devices import Workers, amp_dtype, is_out_of_memory
from training.evaluation import carried_perplexity, perplexity
from training.preset import Preset
from training.recipe import Recipe
from training.run import Run, write_aside
from training.unseen import losses, unseen_words

_CHECKPOINT_EVERY_S = 240
_CURVE_EVERY_S = 30


class TrainingError(ColdOpenError):
    """A training that can't go on."""


class Interrupted(ColdOpenError):  # noqa: N818 (not a fault: the person asked for it)
    """Training was asked to stop, and has saved its state."""


@dataclass(slots=True)
class Progress:
    """How far a training has come."""

    batch_size: int
    epoch: int = 0
    """Epochs finished."""
    window: int = 0
    """Windows seen in the epoch under way."""
    step: int = 0
    """Optimiser steps in all."""
    nats: float = 0.0
    """Summed loss of the epoch under way."""
    words: int = 0
    """Words that it is the sum of."""
    seconds: float = 0.0
    """Time spent training in the epoch under way."""
    history: list[dict[str, Any]] = field(default_factory=list)
    """A line of metrics for each epoch finished."""

    @property
    def best(self) -> dict[str, Any]:
        """The line of the best epoch so far, the first of several."""
        return min(self.history, key=lambda line: float(line["validation_perplexity"]))


def train(run: Run, preset: Preset, workers: Workers) -> Progress:
    """Train a run to its last epoch, going on from its checkpoint if it has one.

    Raises:
        TrainingError: if the loss is no longer a number, or one window alone is too large for the memory.
        Interrupted: after SIGINT or SIGTERM, once the state is saved.
    """
    try:
        training = Training(run, preset, workers)
        with _stop_requests() as stop:
            while not training.is_over:
                training.epoch(stop)
        training.finish()
        return training.progress
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        told = str(error).partition("\n")[0]
        raise TrainingError(
            f"memory ran out where no smaller batch would help: lower the preset's network ({told})"
        ) from None


class Training:
    """A training under way, which goes on from its run's checkpoint if there is one.

    Args:
        run: where it reads and writes.
        preset: the one that the run was prepared with.
        workers: the processes that train together.

    Raises:
        TrainingError: if the checkpoint is damaged.
    """

    def __init__(self, run: Run, preset: Preset, workers: Workers) -> None:
        self.run, self.workers = run, workers
        self.split = split_by_position(run.words)
        self.preset = preset = preset.fitted(len(self.split.train))
        numbers, device = preset.training, workers.device
        torch.manual_seed(numbers.seed)
        self.network = ScriptNetwork(run.network_config(preset)).to(device)
        on_gpu = device.type == "cuda"
        self.amp = torch.autocast(device.type, dtype=amp_dtype() if on_gpu else None, enabled=on_gpu)
        # cuDNN's LSTM computes in float16 under any autocast, so gradients are scaled under bfloat16 too
        self.scaler = torch.GradScaler(device.type, enabled=on_gpu)
        pad_id = run.vocabulary.pad_id
        assert pad_id is not None, "a vocabulary made from a corpus has <PAD>"
        self.pad_id = pad_id
        self.counts = torch.bincount(self.split.train, minlength=len(run.vocabulary))
        self.progress = Progress(batch_size=numbers.batch_size)
        self.recipe = Recipe(self.network, preset, self.split, self.counts, pad_id, workers) if preset.recipe else None
        if self.recipe:
            self.optimiser: torch.optim.Optimizer = self.recipe.optimiser
            self.window_count = self.recipe.window_count
        else:
            self.optimiser = torch.optim.Adam(self.network.parameters(), lr=numbers.learning_rate)
            self.windows = windows(self.split.train, numbers.sequence_length, pad_id)
            self.window_count = len(self.windows)
        self.saved_at = self.drawn_at = time.monotonic()
        self._restore()

    @property
    def is_over(self) -> bool:
        """Whether the last epoch is done, or a recipe's patience is at its end."""
        progress = self.progress
        return progress.epoch >= self.preset.training.epochs or self._is_stalled()

    def _is_stalled(self) -> bool:
        if not self.preset.recipe or not self.progress.history:
            return False
        return self.progress.epoch - int(self.progress.best["epoch"]) >= self.preset.recipe.patience

    def epoch(self, stop: list[int]) -> None:
        """Train to the end of an epoch, and write what it gives.

        Args:
            stop: training is interrupted, and its state saved, once this holds anything.

        Raises:
            TrainingError, Interrupted: as `train` does.
        """
        progress, words = self.progress, len(self.split.train) - 1
        title = f"epoch {progress.epoch + 1}/{self.preset.training.epochs}"
        with tqdm(
            total=words, initial=progress.words, desc=title, unit=" words", unit_scale=True,
            disable=not self.workers.leads, mininterval=1, dynamic_ncols=True,
        ) as bar:  # fmt: skip
            while progress.window < self.window_count:
                self._pass(stop, bar)
        self._finish_epoch()

    def _pass(self, stop: list[int], bar: tqdm[Any]) -> None:
        """Take steps until the epoch ends or the batch is halved."""
        progress = self.progress
        self.network.train()
        for batch in self._batches():
            begun = time.monotonic()
            inputs, targets = (part.to(self.workers.device) for part in batch)
            result = self._step(inputs, targets)
            if result is None:
                self._halve_batch()
                return
            nats, words = result
            progress.window += len(inputs)
            progress.step += 1
            progress.nats += nats
            progress.words += words
            progress.seconds += time.monotonic() - begun
            bar.set_postfix(loss=f"{nats / words:.3f}", refresh=False)
            bar.update(words)
            self._save_if_due(stop)

    def _batches(self) -> Iterable[Sequence[Tensor]]:
        """What is left of the epoch: inputs and targets, each int64 (batch, time)."""
        progress = self.progress
        if self.recipe:
            return self.recipe.batches(progress.epoch, progress.window)
        return loader(self.windows, progress.batch_size, self.preset.training.seed, progress.epoch, progress.window)

    def _step(self, inputs: Tensor, targets: Tensor) -> tuple[float, int] | None:
        """One optimiser step on a batch, int64 (batch, sequence_length) each.

        Returns:
            Summed loss in nats and the number of words, over all processes; None if memory ran out in any.
        """
        progress, workers = self.progress, self.workers
        words = int((targets != self.pad_id).sum())
        # each step's dropout follows from its number and the process: nothing to restore when a run resumes
        torch.manual_seed((self.preset.training.seed * 1_000_003 + progress.step) * workers.count + workers.rank)
        self.optimiser.zero_grad()
        try:
            nats = self._backward(inputs[workers.rank :: workers.count], targets[workers.rank :: workers.count], words)
            ran_out = 0.0
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            nats, ran_out = 0.0, 1.0
        total = workers.sum(torch.tensor([nats, ran_out], dtype=torch.float64, device=workers.device)).tolist()
        if total[1]:
            return None
        self._refuse_divergence(perplexity(total[0], words))
        self._sum_gradients()
        if self.recipe:
            self.scaler.unscale_(self.optimiser)
            self.recipe.before_step(progress.step)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        if self.recipe:
            self.recipe.after_step()
        return total[0], words

    def _refuse_divergence(self, value: float) -> None:
        if not math.isfinite(value):
            raise TrainingError(
                f"the loss is no longer a number (perplexity {value}) at step {self.progress.step + 1} with learning "
                f"rate {self.preset.training.learning_rate}: lower training.learning_rate in the preset, and start a "
                "new run with it"
            )

    def _backward(self, inputs: Tensor, targets: Tensor, words: int) -> float:
        if not len(inputs):  # more processes than windows left in the epoch
            return 0.0
        if self.recipe:
            at_once = max(1, self.progress.batch_size // self.workers.count)
            nats = 0.0
            for loss in self.recipe.losses(inputs, targets, self.progress.step, at_once, self.amp):
                self.scaler.scale(loss / words).backward()  # type: ignore[no-untyped-call]
                nats += float(loss.detach())
            return nats
        with self.amp:
            logits, _ = self.network(inputs)
            loss = cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=self.pad_id, reduction="sum")
        self.scaler.scale(loss / words).backward()  # type: ignore[no-untyped-call]
        return float(loss.detach())

    def _sum_gradients(self) -> None:
        """Sum gradients over processes, all in one message.

        Not DistributedDataParallel: it sums while it goes backward, and a process that ran out of memory
        would leave the others waiting for ever instead of agreeing to halve the batch.
        """
        if self.workers.count == 1:
            return
        parameters = list(self.network.parameters())
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
        flat = self.workers.sum(nn.utils.parameters_to_vector(gradients))
        nn.utils.vector_to_parameters(flat, gradients)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient

    def _halve_batch(self) -> None:
        progress = self.progress
        if progress.batch_size == 1:
            raise TrainingError(
                "a single window does not fit into memory: lower the preset's network or sequence_length"
            )
        self.optimiser.zero_grad()
        if self.workers.device.type == "cuda":
            torch.cuda.empty_cache()
        self._say(f"out of memory with a batch of {progress.batch_size}: going on with {progress.batch_size // 2}")
        progress.batch_size //= 2

    def _finish_epoch(self) -> None:
        progress = self.progress
        validation = self._validate()
        self._refuse_divergence(validation["validation_perplexity"])
        progress.epoch += 1
        progress.history.append(
            {
                "epoch": progress.epoch,
                "step": progress.step,
                "train_perplexity": round(perplexity(progress.nats, progress.words), 3),
                **validation,
                "seconds": round(progress.seconds, 1),
                "words_per_s": round(progress.words / max(progress.seconds, 1e-9)),
                "batch_size": progress.batch_size,
            }
        )
        line = progress.history[-1]
        progress.window, progress.nats, progress.words, progress.seconds = 0, 0.0, 0, 0.0
        self._say(
            f"epoch {line['epoch']}: perplexity {line['train_perplexity']:.1f} in training, "
            f"{line['validation_perplexity']:.1f} on validation; {line['words_per_s']:,} words/s"
        )
        if self.workers.leads:
            self._write_results()
        self._save()

    def _validate(self) -> dict[str, float]:
        """Metrics on validation, the same in every process, and the network to keep if they are the best so far."""
        if self.recipe:
            self.kept, metrics = self.recipe.validate()
            return metrics
        self.kept = self.network
        value = torch.zeros(1, dtype=torch.float64, device=self.workers.device)
        if self.workers.leads:
            self.network.eval()
            value += carried_perplexity(self.network, self.split.validation)
        return {"validation_perplexity": round(float(self.workers.sum(value)), 3)}

    def _write_results(self) -> None:
        history, folder = self.progress.history, self.run.folder
        write_aside(folder / "metrics.jsonl", "".join(json.dumps(line) + "\n" for line in history).encode())
        # a picture takes longer than a small epoch
        if self.is_over or time.monotonic() - self.drawn_at > _CURVE_EVERY_S:
            draw_curve(history, folder / "curve.png")
            self.drawn_at = time.monotonic()
        if history[-1] is self.progress.best:
            files = bundle_files(
                self.kept.state_dict(),
                self.run.vocabulary,
                self.kept.config,
                self.preset.name,
                self._training(),
            )
            write_bundle(self.run.bundle_folder, files)

    def finish(self) -> None:
        """Measure the best epoch's bundle on test, once, and write that into its manifest."""
        if self._is_stalled():
            self._say(f"no better epoch in {self.progress.epoch - self.progress.best['epoch']}: training ends here")
        if not self.workers.leads:
            return
        bundle = read_bundle(str(self.run.bundle_folder))
        about = bundle.manifest.training
        if "test_perplexity" in about["metrics"]:
            return
        network = serving_network(bundle.manifest.network, bundle.state_dict).to(self.workers.device)
        on_test = losses(network, self.split.test, unseen_words(self.counts, self.pad_id))
        about["metrics"]["test_perplexity"] = round(float(on_test.every[0]), 3)
        about["metrics"]["test_perplexity_seen"] = round(float(on_test.seen[0]), 3)
        about["seconds"] = round(sum(line["seconds"] for line in self.progress.history))
        files = bundle_files(bundle.state_dict, self.run.vocabulary, bundle.manifest.network, self.preset.name, about)
        write_bundle(self.run.bundle_folder, files)

    def _training(self) -> dict[str, Any]:
        line = self.progress.history[-1]
        corpus = {key: self.run.about["corpus"][key] for key in ("sha256", "sources")}
        return {
            "preset": self.preset.to_dict(),
            "corpus": {**corpus, "words": len(self.run.words)},
            "epoch": line["epoch"],
            **({"unseen_constant": line["unseen_constant"]} if self.recipe else {}),
            "seconds": round(sum(line["seconds"] for line in self.progress.history)),
            "torch": torch.__version__,
            "python": platform.python_version(),
            "metrics": {
                **{key: value for key, value in line.items() if key.startswith("validation")},
                "split": "by position 90/5/5, state carried over the whole part, every token counted",
            },
        }

    def _save_if_due(self, stop: list[int]) -> None:
        # process 0 alone knows the time that counts: all must save at the same step
        is_due = self.workers.leads and time.monotonic() - self.saved_at > _CHECKPOINT_EVERY_S
        asked, due = self.workers.sum(torch.tensor([len(stop), int(is_due)], device=self.workers.device)).tolist()
        if asked:
            self._save()
            raise Interrupted(
                f"stopped in epoch {self.progress.epoch + 1} at step {self.progress.step}; "
                "the state is saved, and the same command goes on from here"
            )
        if due:
            self._save()

    def _save(self) -> None:
        self.saved_at = time.monotonic()
        of_recipe = self.recipe.state_dict() if self.recipe else {}  # gathered from all processes
        if not self.workers.leads:
            return
        buffer = io.BytesIO()
        state = {
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "scaler": self.scaler.state_dict(),
            "progress": asdict(self.progress),
            "recipe": of_recipe,
        }
        torch.save(state, buffer)
        write_aside(self.run.checkpoint_file, buffer.getvalue())

    def _restore(self) -> None:
        file = self.run.checkpoint_file
        if not file.exists():
            return
        try:
            state = torch.load(file, map_location="cpu", weights_only=True)  # Adam counts its steps on the CPU
            self.network.load_state_dict(state["network"])
            self.optimiser.load_state_dict(state["optimiser"])
            if state["scaler"]:  # empty from a run on the CPU
                self.scaler.load_state_dict(state["scaler"])
            if self.recipe:
                self.recipe.load_state_dict(state["recipe"])
            self.progress = Progress(**state["progress"])
        except Exception as error:  # torch.load raises whatever its parser meets
            raise TrainingError(f"{file} is damaged ({error}): remove it to start this run afresh") from None
        self._say(f"going on from epoch {self.progress.epoch + 1}, step {self.progress.step}")

    def _say(self, line: str) -> None:
        if self.workers.leads:
            tqdm.write(line)


@contextmanager
def _stop_requests() -> Iterator[list[int]]:
    """Collect SIGINT and SIGTERM, so that training stops between two steps and not inside one."""
    received: list[int] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, lambda number, _: received.append(number))
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
