"""The original's way to train: Adam on windows of a few words, shuffled, each read from a zero state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from coldopen.network import ScriptNetwork
from training.data.batches import loader, windows
from training.evaluation.perplexity import carried_perplexity
from training.fit.method import Batch, Validation
from training.fit.precision import autocast
from training.fit.process_group import ProcessGroup
from training.preset import Preset
from training.run import Run


class ShuffledWindows:
    """The method of a preset without a recipe; its attributes are explained by `Method`.

    Args:
        network: on its device.
        preset: gives sequence length, batch size, learning rate and seed.
        run: whose training part is read.
        group: the processes that train together.
    """

    patience: int | None = None

    def __init__(self, network: ScriptNetwork, preset: Preset, run: Run, group: ProcessGroup) -> None:
        self.network, self._training, self._run, self._group = network, preset.training, run, group
        self.optimiser: torch.optim.Optimizer = torch.optim.Adam(network.parameters(), lr=preset.training.learning_rate)
        self._windows = windows(run.split.train, preset.training.sequence_length, run.pad_id)

    def words(self, epoch: int) -> int:
        """Every word of the training part but the first."""
        return len(self._run.split.train) - 1

    def batches(self, epoch: int, window: int) -> Iterable[Batch]:
        """What is left of an epoch of which `window` windows were seen, in an order that its number decides."""
        return loader(self._windows, self._training.batch_size, self._training.seed, epoch, window)

    def losses(self, inputs: Tensor, targets: Tensor, step: int, micro_batch_size: int) -> Iterator[Tensor]:
        """The loss of each micro-batch in nats, summed over its words; padding does not count."""
        for first in range(0, len(inputs), micro_batch_size):
            part = slice(first, first + micro_batch_size)
            with autocast(self._group.device):
                logits, _ = self.network(inputs[part])  # (windows, sequence_length, vocabulary_size)
                flat, words = logits.flatten(0, 1), targets[part].flatten()
                loss = cross_entropy(flat, words, ignore_index=self._run.pad_id, reduction="sum")
            yield loss

    def before_step(self, step: int) -> None:
        """Nothing: gradients and learning rate stay as they are."""

    def after_step(self) -> None:
        """Nothing: no window leaves anything to the next."""

    def validate(self) -> Validation:
        """Measure the network as it is; process 0 does, and tells the others."""
        perplexity = 0.0
        if self._group.is_main:
            self.network.eval()
            perplexity = carried_perplexity(self.network, self._run.split.validation)
        (perplexity,) = self._group.sum_numbers(perplexity)
        return Validation(self.network, round(perplexity, 3))

    def state_dict(self) -> dict[str, Any]:
        """Nothing: all of it follows from the preset."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Nothing to load."""
