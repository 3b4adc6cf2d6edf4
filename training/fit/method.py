"""The method: what differs between the original's way to train and the recipe, as the loop sees it.

`shuffled_windows.py` has the original's way, `carried_rows.py` the recipe.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from coldopen.network import ScriptNetwork

Batch = tuple[Tensor, ...]
"""Inputs and their successors, the targets: each int64 (windows, sequence_length), on the CPU."""


@dataclass(frozen=True, slots=True)
class Validation:
    """What a network comes to on validation, the same in every process.

    Attributes:
        network: a plain network, which is kept if it is the best so far; only process 0's is right.
        perplexity: over every word.
        perplexity_seen: over the words that occur in the training part; None if it was not measured.
        unseen_constant: nats that were added to the output bias of words that training never saw; None if none were.
    """

    network: ScriptNetwork
    perplexity: float
    perplexity_seen: float | None = None
    unseen_constant: float | None = None


class Method(Protocol):
    """A way to train a network.

    Attributes:
        network: the one that is trained, on its device.
        optimiser: of the network's parameters.
        patience: epochs without a better perplexity on validation after which training ends; None for no such end.
    """

    network: ScriptNetwork
    optimiser: torch.optim.Optimizer
    patience: int | None

    def words(self, epoch: int) -> int:
        """How many words an epoch reads."""

    def batches(self, epoch: int, window: int) -> Iterable[Batch]:
        """What is left of an epoch of which `window` windows were seen."""

    def losses(self, inputs: Tensor, targets: Tensor, step: int, micro_batch_size: int) -> Iterator[Tensor]:
        """Compute a step's loss in parts, so that each part fits into memory.

        The gradients of all parts are those of the whole, since losses are sums.

        Args:
            inputs, targets: this process's windows of a batch, int64 (windows, sequence_length), on its device.
            step: the optimiser step's number, from 0.
            micro_batch_size: windows in a part, in this process.

        Yields:
            For each part its loss, summed over its words, in nats; to go backward from before the next is asked for.
        """

    def before_step(self, step: int) -> None:
        """Change gradients, which are those of all processes by now, and the learning rate."""

    def after_step(self) -> None:
        """Take over what the step's windows left behind. Not called for a step that is tried again."""

    def validate(self) -> Validation:
        """Measure the network on validation."""

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint holds of the method beside network and optimiser; every process must ask for it."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave, in as many processes or in others."""
