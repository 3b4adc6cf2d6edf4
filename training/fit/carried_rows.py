"""The recipe that makes a network as good as its size allows: what a preset's [recipe] turns on.

The text is laid out in rows of running text, and the LSTM's state is carried along each row. Dropout stays the same
over a window. A sampled softmax gives way to the full one. AdamW follows a cosine, its gradients are clipped, and a
moving average of the weights is what is kept.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from coldopen.network import ScriptNetwork, State
from training.data.batches import rows
from training.fit.dropout import regularised_hidden
from training.fit.method import Batch, Validation
from training.fit.precision import autocast
from training.fit.process_group import ProcessGroup
from training.fit.sampled_softmax import Negatives, full_loss, sampled_loss
from training.fit.schedule import average_decay, warmup_cosine
from training.fit.unseen import UnseenWeights, add_constant, sweep_constants, unseen_words
from training.preset import Preset
from training.run import Run

_SMOOTHING = 0.5  # added to each word's count, so that none has the logarithm of zero
_SMALL = 4  # a vocabulary of fewer than so many times the samples is always scored in full


class CarriedRows:
    """The method of a preset with a recipe; its attributes are explained by `Method`.

    Args:
        network: on its device; its embeddings and output bias are started anew.
        preset: one with a recipe.
        run: whose training part is read, and behind it, in the first epochs, its auxiliary scripts.
        group: the processes that train together; this one takes its rows of each batch.
    """

    def __init__(self, network: ScriptNetwork, preset: Preset, run: Run, group: ProcessGroup) -> None:
        assert preset.recipe
        self.network, self._recipe, self._training = network, preset.recipe, preset.training
        self._run, self._group = run, group
        self._counts = run.counts + run.auxiliary_counts
        self._stand_in = int(self._counts.argmax())
        self._negatives = Negatives(self._counts, self._recipe.samples, group.device)
        self._num_steps = sum(map(self._steps, range(self._training.epochs)))
        self.patience: int | None = self._recipe.patience
        self._input_scale = self._start_weights()
        self.optimiser: torch.optim.Optimizer = self._make_optimiser()
        self._average = AveragedModel(network, multi_avg_fn=self._move_average)
        self._state = self._zero_state()
        self._next_state = self._state

    @torch.no_grad()
    def _start_weights(self) -> float:
        """Set the first weights of embeddings and output bias; returns what the LSTM's inputs are multiplied by.

        Tied weights can't be as large as an LSTM wants its inputs: the output layer would be far too sure. They stay
        small, and the inputs are multiplied instead.
        """
        frequencies = (self._counts + _SMOOTHING) / (self._counts + _SMOOTHING).sum()
        self.network.fc.bias.copy_(frequencies.log())  # the unigram model to begin with
        if self.network.config.tied:
            return self._recipe.embedding_spread / float(self.network.embedding.weight.std())
        nn.init.normal_(self.network.embedding.weight, std=self._recipe.embedding_spread)
        return 1.0

    def _make_optimiser(self) -> torch.optim.AdamW:
        """AdamW, which lets matrices decay and leaves biases alone."""
        matrices = [parameter for parameter in self.network.parameters() if parameter.dim() > 1]
        biases = [parameter for parameter in self.network.parameters() if parameter.dim() == 1]
        groups = [
            {"params": matrices, "weight_decay": self._recipe.weight_decay},
            {"params": biases, "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, lr=self._training.learning_rate, fused=True)

    def _zero_state(self) -> State:
        """The state of this process's rows before their first word."""
        config = self.network.config
        num_rows = len(range(self._group.rank, self._training.batch_size, self._group.size))
        outputs, cells = (
            torch.zeros(config.num_layers, num_rows, size, device=self._group.device)
            for size in (config.output_size, config.hidden_size)
        )
        return outputs, cells

    def _texts(self, epoch: int) -> list[Tensor]:
        """What an epoch reads, one text behind the other, each int64 (words,)."""
        texts = [self._run.split.train]
        if epoch < self._recipe.auxiliary_until * self._training.epochs:
            texts.append(self._run.auxiliary)
        return texts

    def _steps(self, epoch: int) -> int:
        row_length = self.words(epoch) // self._training.batch_size
        return -(-row_length // self._training.sequence_length)

    def words(self, epoch: int) -> int:
        """Every word of the epoch's texts but the first."""
        return sum(map(len, self._texts(epoch))) - 1

    def batches(self, epoch: int, window: int) -> Iterator[Batch]:
        """What is left of an epoch of which `window` windows were seen: the next window of all rows, and so on."""
        if not window:
            self._state = self._zero_state()
        text = torch.cat(self._texts(epoch))
        inputs, targets = rows(text, self._training.batch_size, self._training.seed, epoch)
        length = self._training.sequence_length
        begin = window // self._training.batch_size * length
        for start in range(begin, inputs.shape[1], length):
            yield inputs[:, start : start + length], targets[:, start : start + length]

    def losses(self, inputs: Tensor, targets: Tensor, step: int, micro_batch_size: int) -> Iterator[Tensor]:
        """The loss of each micro-batch in nats, summed over its words; the state goes on from the last step's."""
        is_sampled = self._is_sampled(step)
        ends: list[State] = []
        for first in range(0, len(inputs), micro_batch_size):
            part = slice(first, first + micro_batch_size)
            begin = (self._state[0][:, part].contiguous(), self._state[1][:, part].contiguous())
            with autocast(self._group.device):
                hidden, (h, c) = regularised_hidden(self.network, inputs[part], begin, self._recipe, self._input_scale)
                flat, (words, is_learnt) = hidden.flatten(0, 1), self._learnt(targets[part].t().flatten())
                if is_sampled:
                    loss = sampled_loss(flat, self.network.fc, words, self._negatives, is_learnt)
                else:
                    loss = full_loss(flat, self.network.fc, words, is_learnt)
            ends.append((h.detach().float(), c.detach().float()))
            yield loss
        self._next_state = (torch.cat([h for h, _ in ends], 1), torch.cat([c for _, c in ends], 1))

    def _learnt(self, targets: Tensor) -> tuple[Tensor, Tensor | None]:
        """Targets, another word in the place of those that the vocabulary lacks, and which of them are learnt.

        Only auxiliary scripts have such words.
        """
        if not len(self._run.auxiliary):
            return targets, None
        is_known = targets != self._run.pad_id
        return torch.where(is_known, targets, self._stand_in), is_known.float()

    def _is_sampled(self, step: int) -> bool:
        """Whether a step scores a sample of the vocabulary instead of all of it."""
        if not self._recipe.samples or self.network.config.vocabulary_size < _SMALL * self._recipe.samples:
            return False
        return step < self._recipe.full_from * self._num_steps

    def before_step(self, step: int) -> None:
        """Clip the gradients, and set the learning rate."""
        nn.utils.clip_grad_norm_(self.network.parameters(), self._recipe.clip)
        rate = warmup_cosine((step + 0.5) / self._num_steps, self._recipe.warm_up)
        for group in self.optimiser.param_groups:
            group["lr"] = self._training.learning_rate * rate

    def after_step(self) -> None:
        """Carry the state on, and let the average follow the weights."""
        self._state = self._next_state
        self._average.update_parameters(self.network)

    def _move_average(self, averaged: Any, current: Any, num_averaged: Any) -> None:
        num_averaged = self._average.n_averaged  # on the CPU: the argument is on the device, which would be waited for
        decay = average_decay(int(num_averaged), self._recipe.average, self._num_steps)
        get_ema_multi_avg_fn(decay)(averaged, current, num_averaged)  # type: ignore[no-untyped-call]

    def validate(self) -> Validation:
        """Measure the plain network that the averaged weights make; process 0 does, and tells the others."""
        network: ScriptNetwork = copy.deepcopy(self._average.module).eval()  # type: ignore[assignment]
        network.lstm.flatten_parameters()  # a copy's weights lie apart; cuDNN warns, and gathers them at each call
        with torch.no_grad():
            network.lstm.all_weights[0][0].mul_(self._input_scale)  # so that what is kept is a plain network
        figures = (0.0, 0.0, 0.0)
        if self._group.is_main:
            self._unseen_weights.give(network)
            best = sweep_constants(network, self._run.split.validation, self._unseen, self._run.counts == 0).best
            add_constant(network, self._unseen, best.constant)
            figures = (best.perplexity, best.perplexity_seen, best.constant)
        perplexity, perplexity_seen, constant = self._group.sum_numbers(*figures)
        return Validation(network, round(perplexity, 3), round(perplexity_seen, 3), constant)

    @cached_property
    def _unseen(self) -> Tensor:
        """Which words training never sees, bool (vocabulary_size,)."""
        return unseen_words(self._counts, self._run.pad_id).to(self._group.device)

    @cached_property
    def _unseen_weights(self) -> UnseenWeights:
        return UnseenWeights(self._run.vocabulary.words, self._counts, self._unseen)

    def state_dict(self) -> dict[str, Any]:
        """The average, and the state of all rows, gathered from all processes."""
        gathered = []
        for own in self._state:
            whole = torch.zeros(own.shape[0], self._training.batch_size, own.shape[2], device=own.device)
            whole[:, self._group.rank :: self._group.size] = own
            gathered.append(self._group.sum(whole))
        return {"average": self._average.state_dict(), "state": gathered}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave, in as many processes or in others."""
        self._average.load_state_dict(state["average"])
        own = [whole[:, self._group.rank :: self._group.size].contiguous() for whole in state["state"]]
        self._state = (own[0].to(self._group.device), own[1].to(self._group.device))
