"""The recipe that makes the seed's network as good as its size allows: what a preset's [recipe] turns on.

Rows of running text that carry their state, dropout that stays the same over a window, a sampled softmax that gives
way to the full one, AdamW under a cosine, clipped gradients, and a moving average of the weights, which is what is
kept.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from coldopen.network import ScriptNetwork, State
from training.dataset import Split, rows
from training.devices import Workers
from training.dropout import regularised_hidden
from training.preset import Preset
from training.softmax import Negatives, full_loss, sampled_loss
from training.unseen import add_constant, losses, settle, unseen_words

_SMOOTHING = 0.5
_SMALL = 4
_LONGEST_AVERAGE = 0.1


class Recipe:
    """The parts of a training that a preset's [recipe] decides, and their state.

    Args:
        network: on its device; its embeddings and output bias are started anew.
        preset: one with a recipe.
        split: the corpus.
        counts: how often each word occurs in its training part, int64 (vocabulary_size,).
        pad_id: the id of `<PAD>`.
        workers: the processes that train together; this one takes its rows of each batch.
    """

    def __init__(
        self,
        network: ScriptNetwork,
        preset: Preset,
        split: Split,
        counts: Tensor,
        pad_id: int,
        workers: Workers,
    ) -> None:
        assert preset.recipe
        self.network, self.numbers, self.training = network, preset.recipe, preset.training
        self.split, self.counts, self.pad_id, self.workers = split, counts, pad_id, workers
        self.negatives = Negatives(self.counts, self.numbers.samples)
        length = (len(split.train) - 1) // self.training.batch_size  # of a row
        self.steps_per_epoch = -(-length // self.training.sequence_length)
        self.steps = self.steps_per_epoch * self.training.epochs
        self.is_small = network.config.vocabulary_size < _SMALL * self.numbers.samples
        self.input_scale = self._start()
        matrices = [parameter for parameter in network.parameters() if parameter.dim() > 1]
        others = [parameter for parameter in network.parameters() if parameter.dim() == 1]
        groups = [
            {"params": matrices, "weight_decay": self.numbers.weight_decay},
            {"params": others, "weight_decay": 0.0},
        ]
        self.optimiser = torch.optim.AdamW(groups, lr=self.training.learning_rate, fused=True)
        self.average = AveragedModel(network, multi_avg_fn=self._move_average)
        self.state = self._zero_state()
        self.next_state = self.state

    @property
    def window_count(self) -> int:
        """Windows in an epoch, over all rows."""
        return self.steps_per_epoch * self.training.batch_size

    @torch.no_grad()
    def _start(self) -> float:
        """Set the first weights; returns what the LSTM's inputs are to be multiplied by."""
        frequencies = (self.counts + _SMOOTHING) / (self.counts + _SMOOTHING).sum()
        self.network.fc.bias.copy_(frequencies.log())  # the unigram model to begin with
        if self.network.config.tied:  # as large as embeddings need it, the output layer would be far too sure
            return self.numbers.embedding_spread / float(self.network.embedding.weight.std())
        nn.init.normal_(self.network.embedding.weight, std=self.numbers.embedding_spread)
        return 1.0

    def _zero_state(self) -> State:
        config, workers = self.network.config, self.workers
        count = len(range(workers.rank, self.training.batch_size, workers.count))
        outputs, cells = (
            torch.zeros(config.num_layers, count, size, device=workers.device)
            for size in (config.output_size, config.hidden_size)
        )
        return outputs, cells

    def batches(self, epoch: int, window: int) -> Iterator[tuple[Tensor, Tensor]]:
        """What is left of an epoch of which `window` windows were seen: inputs and targets, int64 (rows, time)."""
        if not window:
            self.state = self._zero_state()
        inputs, targets = rows(self.split.train, self.training.batch_size, self.training.seed, epoch)
        size = self.training.sequence_length
        begin = window // self.training.batch_size * size
        for start in range(begin, inputs.shape[1], size):
            yield inputs[:, start : start + size], targets[:, start : start + size]

    def losses(
        self, inputs: Tensor, targets: Tensor, step: int, at_once: int, amp: AbstractContextManager[Any]
    ) -> Iterator[Tensor]:
        """Summed loss in nats of this process's rows, `at_once` rows at a time, each to go backward from.

        A batch that does not fit into memory is thus computed in parts: the rows stay as many, and so does the step.
        """
        is_sampled = self.numbers.samples and not self.is_small and step < self.numbers.full_from * self.steps
        ends: list[State] = []
        for first in range(0, len(inputs), at_once):
            part = slice(first, first + at_once)
            begin = (self.state[0][:, part].contiguous(), self.state[1][:, part].contiguous())
            with amp:
                hidden, (h, c) = regularised_hidden(self.network, inputs[part], begin, self.numbers, self.input_scale)
                flat, words = hidden.flatten(0, 1), targets[part].t().flatten()
                if is_sampled:
                    loss = sampled_loss(flat, self.network.fc, words, self.negatives)
                else:
                    loss = full_loss(flat, self.network.fc, words)
            ends.append((h.detach().float(), c.detach().float()))
            yield loss
        self.next_state = (torch.cat([h for h, _ in ends], 1), torch.cat([c for _, c in ends], 1))

    def before_step(self, step: int) -> None:
        """Clip the gradients, summed over all processes, and set the learning rate."""
        nn.utils.clip_grad_norm_(self.network.parameters(), self.numbers.clip)
        share = (step + 0.5) / self.steps
        warm, rest = (
            share / max(self.numbers.warm_up, 1e-9),
            (share - self.numbers.warm_up) / (1 - self.numbers.warm_up),
        )
        rate = warm if warm < 1 else (1 + math.cos(math.pi * min(rest, 1))) / 2
        for group in self.optimiser.param_groups:
            group["lr"] = self.training.learning_rate * rate

    def after_step(self) -> None:
        """Carry the state on, and let the average follow."""
        self.state = self.next_state
        self.average.update_parameters(self.network)

    def _move_average(self, averaged: Any, current: Any, count: Any) -> None:
        longest = 1 - 1 / max(_LONGEST_AVERAGE * self.steps, 1)
        decay = min(self.numbers.average, longest, (1 + int(count)) / (10 + int(count)))  # forgets the first weights
        for mean, new in zip(averaged, current, strict=True):
            mean.lerp_(new, 1 - decay)

    def validate(self) -> tuple[ScriptNetwork, dict[str, float]]:
        """The network to keep, made of the average, and its metrics on validation, the same in every process."""
        kept: ScriptNetwork = copy.deepcopy(self.average.module).eval()  # type: ignore[assignment]
        with torch.no_grad():
            kept.lstm.all_weights[0][0].mul_(self.input_scale)  # so that what is kept is a plain network
        figures = torch.zeros(3, dtype=torch.float64, device=self.workers.device)
        if self.workers.leads:
            unseen = unseen_words(self.counts, self.pad_id).to(self.workers.device)
            settle(kept, self.counts, unseen)
            by_constant = losses(kept, self.split.validation, unseen)
            chosen = by_constant.choose()
            constant = float(by_constant.constants[chosen])
            add_constant(kept, unseen, constant)
            figures += torch.tensor([by_constant.every[chosen], by_constant.seen[chosen], constant]).to(figures)
        every, seen, constant = self.workers.sum(figures).tolist()
        return kept, {
            "validation_perplexity": round(every, 3),
            "validation_perplexity_seen": round(seen, 3),
            "unseen_constant": constant,
        }

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint holds of this, the same in every process: the average, and the state of all rows."""
        gathered = []
        for own in self.state:
            whole = torch.zeros(own.shape[0], self.training.batch_size, own.shape[2], device=own.device)
            whole[:, self.workers.rank :: self.workers.count] = own
            gathered.append(self.workers.sum(whole))
        return {"average": self.average.state_dict(), "state": gathered}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave, in as many processes or in others."""
        self.average.load_state_dict(state["average"])
        own = [tensor[:, self.workers.rank :: self.workers.count].contiguous() for tensor in state["state"]]
        self.state = (own[0].to(self.workers.device), own[1].to(self.workers.device))
