"""The training loop: epochs, steps, gradients summed over micro-batches and processes, checkpoints.

How batches are made and what a step does beside the gradient is the method's (`method.py`).

Everything random follows from the preset's seed and the step's number, so a run that was interrupted ends with the
same weights as one that was not (on the same machine). With several processes, each takes its windows of every batch,
and the sum of their gradients is the one that a single process would compute.
"""

from __future__ import annotations

import math
import time
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from coldopen.errors import ColdOpenError
from coldopen.network import ScriptNetwork
from training.data.batches import mixed_seed
from training.evaluation.perplexity import perplexity
from training.fit.carried_rows import CarriedRows
from training.fit.checkpoint import restore, save
from training.fit.interrupt import Interrupted, ShouldStop
from training.fit.memory import is_out_of_memory
from training.fit.method import Method
from training.fit.precision import gradient_scaler
from training.fit.process_group import ProcessGroup
from training.fit.progress import Progress
from training.fit.results import Results
from training.fit.shuffled_windows import ShuffledWindows
from training.preset import Preset
from training.run import Run

_CHECKPOINT_EVERY_S = 240


class TrainingError(ColdOpenError):
    """A training that can't go on."""


def fit(run: Run, preset: Preset, group: ProcessGroup, should_stop: ShouldStop) -> Progress:
    """Train a run to its last epoch, going on from its checkpoint if it has one.

    Args:
        run: where training reads and writes.
        preset: the one that the run was prepared with.
        group: the processes that train together.
        should_stop: if it says so in any process, all of them stop.

    Raises:
        DigestError: if the checkpoint is damaged.
        CheckpointError: if it is another training's.
        TrainingError: if the loss is no longer a number, or one window alone is too large for the memory.
        Interrupted: once `should_stop` said so and the state is saved.
    """
    try:
        training = Training(run, preset, group)
        while not training.is_over:
            training.epoch(should_stop)
        training.finish()
        return training.progress
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        reason = str(error).partition("\n")[0]
        raise TrainingError(
            f"memory ran out where no smaller batch would help: lower the preset's network ({reason})"
        ) from None


def make_method(network: ScriptNetwork, preset: Preset, run: Run, group: ProcessGroup) -> Method:
    """The method that a preset asks for: the recipe if it has one, else the original's way."""
    return (CarriedRows if preset.recipe else ShuffledWindows)(network, preset, run, group)


class Training:
    """A training under way, which begins where its run's checkpoint left off; arguments and errors as those of `fit`.

    Attributes:
        preset: fitted to the size of the corpus.
        method: holds the network.
        progress: how far it has come.
    """

    def __init__(self, run: Run, preset: Preset, group: ProcessGroup) -> None:
        self._run, self._group = run, group
        self.preset = preset.fitted(len(run.split.train))
        numbers = self.preset.training
        if preset.is_small(len(run.split.train)) and group.device.type == "cpu":
            torch.set_num_threads(1)  # a step is so short that threads would mostly wait for each other
        self._say(group.describe())
        torch.manual_seed(numbers.seed)
        network = ScriptNetwork(run.network_config(self.preset)).to(group.device)
        self.method = make_method(network, self.preset, run, group)
        self._scaler = gradient_scaler(group.device)
        self._results = Results(run, self.preset)
        self.progress = Progress(micro_batch_size=numbers.batch_size)
        self._saved_at = time.monotonic()
        if run.checkpoint_file.exists():
            self.progress = restore(run.checkpoint_file, self.method, self._scaler)
            if group.is_main and self.progress.history:
                self._results.write_metrics(self.progress.history)  # those of an epoch that was not saved go
            going_on = f"going on from epoch {self.progress.epoch + 1}, step {self.progress.step}"
            self._say("trained to its end already" if self.is_over else going_on)

    @property
    def is_over(self) -> bool:
        """Whether the last epoch is done, or the method's patience is at its end."""
        return self.progress.epoch >= self.preset.training.epochs or self._is_stalled

    @property
    def _is_stalled(self) -> bool:
        progress, patience = self.progress, self.method.patience
        return patience is not None and bool(progress.history) and progress.epoch - progress.best.epoch >= patience

    def epoch(self, should_stop: ShouldStop) -> None:
        """Train to the end of an epoch, measure, and write what it gives."""
        progress, method = self.progress, self.method
        method.network.train()
        with self._progress_bar() as bar:
            for batch in method.batches(progress.epoch, progress.window):
                begun = time.monotonic()
                inputs, targets = batch
                nats, words = self._step(inputs, targets)
                progress.add_step(len(inputs), nats, words, time.monotonic() - begun)
                bar.set_postfix(loss=f"{nats / words:.3f}", refresh=False)
                bar.update(words)
                self._save_if_due(should_stop)
        validation = method.validate()
        self._refuse_divergence(validation.perplexity)
        metrics = progress.end_epoch(validation)
        self._say(
            f"epoch {metrics.epoch}: perplexity {metrics.train_perplexity:.1f} in training, "
            f"{metrics.validation_perplexity:.1f} on validation; {metrics.words_per_s:,} words/s"
        )
        if self._group.is_main:
            self._results.write_epoch(progress, validation.network, self.is_over)
        self._save()

    def finish(self) -> None:
        """Measure the best epoch's bundle on test, once, and write that into its manifest."""
        if self._is_stalled:
            self._say(f"no better epoch in {self.progress.epoch - self.progress.best.epoch}: training ends here")
        if self._group.is_main:
            self._results.write_test(self.progress, self._group.device)

    def _step(self, inputs: Tensor, targets: Tensor) -> tuple[float, int]:
        """One optimiser step on a batch, int64 (windows, sequence_length) each, on the CPU.

        Returns:
            Summed loss in nats and the number of words, over all processes.
        """
        method, step = self.method, self.progress.step
        words = int((targets != self._run.pad_id).sum())
        while (nats := self._accumulate(inputs, targets, words)) is None:
            self._halve_micro_batches()
        self._refuse_divergence(perplexity(nats, words))
        self._group.sum_gradients(method.network)
        self._scaler.unscale_(method.optimiser)
        method.before_step(step)
        self._scaler.step(method.optimiser)
        self._scaler.update()
        method.after_step()
        return nats, words

    def _accumulate(self, inputs: Tensor, targets: Tensor, words: int) -> float | None:
        """Go backward from each micro-batch of this process's windows, so that gradients add up to the batch's.

        Returns:
            Summed loss in nats over all processes; None if memory ran out in any of them.
        """
        group, step = self._group, self.progress.step
        # each step's dropout follows from its number and the process: nothing to restore when a run resumes
        torch.manual_seed(mixed_seed(self.preset.training.seed, step) * group.size + group.rank)
        self.method.optimiser.zero_grad()
        nats, ran_out = 0.0, 0.0
        own_inputs, own_targets = (group.shard(part).to(group.device) for part in (inputs, targets))
        try:
            if len(own_inputs):  # there may be more processes than windows left in the epoch
                micro_batch_size = max(1, self.progress.micro_batch_size // group.size)
                for loss in self.method.losses(own_inputs, own_targets, step, micro_batch_size):
                    self._scaler.scale(loss / words).backward()  # type: ignore[no-untyped-call]
                    nats += float(loss.detach())
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            ran_out = 1.0
        nats, ran_out = group.sum_numbers(nats, ran_out)
        return None if ran_out else nats

    def _halve_micro_batches(self) -> None:
        progress = self.progress
        if progress.micro_batch_size == 1:
            raise TrainingError(
                "a single window does not fit into memory: lower the preset's network or sequence_length"
            )
        self.method.optimiser.zero_grad()
        if self._group.device.type == "cuda":
            torch.cuda.empty_cache()
        half = progress.micro_batch_size // 2
        self._say(
            f"out of memory with {progress.micro_batch_size} windows at once: going on with {half} at once, "
            "added up to the same steps"
        )
        progress.micro_batch_size = half

    def _refuse_divergence(self, value: float) -> None:
        if not math.isfinite(value):
            raise TrainingError(
                f"the loss is no longer a number (perplexity {value}) at step {self.progress.step + 1} with learning "
                f"rate {self.preset.training.learning_rate}: lower training.learning_rate in the preset, and start a "
                "new run with it"
            )

    def _save_if_due(self, should_stop: ShouldStop) -> None:
        # process 0 alone knows the time that counts: all must save at the same step
        is_due = self._group.is_main and time.monotonic() - self._saved_at > _CHECKPOINT_EVERY_S
        stop, due = self._group.sum_numbers(should_stop(), is_due)
        if stop or due:
            self._save()
        if stop:
            raise Interrupted(
                f"stopped in epoch {self.progress.epoch + 1} at step {self.progress.step}; "
                "the state is saved, and the same command goes on from here"
            )

    def _save(self) -> None:
        self._saved_at = time.monotonic()
        save(self._run.checkpoint_file, self.method, self._scaler, self.progress, self._group)

    def _progress_bar(self) -> tqdm[Any]:
        progress = self.progress
        return tqdm(
            total=self.method.words(progress.epoch), initial=progress.words, unit=" words", unit_scale=True,
            desc=f"epoch {progress.epoch + 1}/{self.preset.training.epochs}",
            disable=not self._group.is_main, mininterval=1, dynamic_ncols=True,
        )  # fmt: skip

    def _say(self, line: str) -> None:
        if self._group.is_main:
            tqdm.write(line)
