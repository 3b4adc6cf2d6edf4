"""Recall: the scores of a text's next word once its memory has taken part.

A word's probability by the network, and the votes of the memory for it, are mixed. To know the probability, all words
would have to be scored. So the sum over the first block and the words that the memory holds stands for the sum over
all: with p = exp(score) / that sum, a word that got votes v has the score log(p + odds * v) + log(that sum), and any
other keeps its own. docs/evaluation.md has what that changes. The likeliest words of all are then among the likeliest
without a memory and those that it holds.

Held-out text is likeliest when every vote counts, for then words come back that the network never learnt. What is
written reads better when words that do not fit get few votes: see `Remembering.floor`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from coldopen.memory import Memory, MemoryConfig, odds_of

_ROOM = 64  # words, at first
_DELAY = 2  # words


class Remembering(NamedTuple):
    """What all texts' recall needs of a model.

    Attributes:
        config: of its memory.
        first_block: how many words the output layer's first block has.
        row: gives a word's row of the output layer, float32 (output_size,).
        bias: float32 (vocabulary_size,).
        never: the words that are never chosen, and so not remembered.
        floor: votes for a word that the network finds less likely than this count less, as much as it is less likely.
            0 where all count.
    """

    config: MemoryConfig
    first_block: int
    row: Callable[[int], Tensor]
    bias: Tensor
    never: frozenset[int]
    floor: float = 0.0


class Placed(NamedTuple):
    """What is known of the words of one text that have places.

    Attributes:
        shares: exp(score - log_sum) of each word; where there is no log_sum, its score. float32 (1, places).
        behind: the ids of the words behind the first block, in the order of their places.
        log_sum: see above.
    """

    shares: Tensor
    behind: Sequence[int] = ()
    log_sum: float | None = None

    def scores(self) -> Tensor:
        """The words' scores: float32 (1, places)."""
        return self.shares if self.log_sum is None else self.shares.log().add_(self.log_sum)

    def top(self, count: int) -> tuple[list[float], list[int]]:
        """The highest scores, falling, and their places."""
        values, places = self.shares[0].topk(count)
        scores: list[float] = values.tolist()
        if self.log_sum is not None:  # as numbers, since another operator on all words would take longer
            scores = [math.log(share) + self.log_sum if share else -math.inf for share in scores]
        return scores, places.tolist()


class RecallMark(NamedTuple):
    """Where a text is, for `Recall.back_to`.

    Attributes:
        num_added: to its memory.
        has_read, waiting: as its own.
        num_behind: how many words behind the first block it met.
    """

    num_added: int
    has_read: bool
    waiting: tuple[tuple[Tensor, int] | None, ...]
    num_behind: int


class Recall:
    """One text's memory and what it takes to score with it. To be used in inference mode.

    Words have places: those of the first block their ids, others that the memory met the places behind it.

    Args:
        model: see `Remembering`.
        share: of the votes, from 0 to 1.

    Attributes:
        behind: the ids of the words behind the first block that the memory met, in the order of their places.
    """

    def __init__(self, model: Remembering, share: float) -> None:
        self._model, self._odds = model, odds_of(share)
        size = len(model.row(0))
        self._memory = Memory(model.config.words, model.config.theta, size)
        self._has_read = False
        self._waiting: list[tuple[Tensor, int] | None] = []  # the latest pairs; None for one that is not kept
        self.behind: list[int] = []
        self._places: dict[int, int] = {}  # of the words behind the first block
        self._rows, self._biases = torch.empty(_ROOM, size), torch.empty(_ROOM)  # of the same words

    def copy_from(self, other: Recall) -> None:
        """Take over another text's memory."""
        self._memory.copy_from(other._memory)
        self._has_read, self._waiting = other._has_read, list(other._waiting)
        self.behind, self._places = list(other.behind), dict(other._places)
        self._rows, self._biases = other._rows.clone(), other._biases.clone()

    def mark(self) -> RecallMark:
        """Where the text is, to come back to."""
        return RecallMark(self._memory.num_added, self._has_read, tuple(self._waiting), len(self.behind))

    def back_to(self, mark: RecallMark) -> None:
        """Forget what was read since, at most `coldopen.memory.MOST_FORGOTTEN` words."""
        self._memory.forget_since(mark.num_added)
        self._has_read, self._waiting = mark.has_read, list(mark.waiting)
        for id in self.behind[mark.num_behind :]:
            del self._places[id]
        del self.behind[mark.num_behind :]

    def read(self, hidden: Tensor, id: int) -> None:
        """Remember the next word of the text: `add`, but for the first, which stands behind no state."""
        if self._has_read:
            self.add(hidden, id)
        self._has_read = True

    def add(self, hidden: Tensor, id: int) -> None:
        """Remember a word behind a state, float32 (output_size,), unless it is a common one or can't be written.

        It votes once two more words are read: else what was just said would be said again.
        """
        is_kept = id >= self._model.config.common and id not in self._model.never
        self._waiting.append((hidden.clone(), id) if is_kept else None)
        if len(self._waiting) > _DELAY and (pair := self._waiting.pop(0)):
            self._memory.add(pair[0], self._place(pair[1]))

    def _place(self, id: int) -> int:
        if id < self._model.first_block:
            return id
        return self._places[id] if id in self._places else self._new_place(id)

    def _new_place(self, id: int) -> int:
        index = len(self.behind)
        if index == len(self._biases):
            self._rows = torch.cat([self._rows, torch.empty_like(self._rows)])
            self._biases = torch.cat([self._biases, torch.empty_like(self._biases)])
        self._rows[index] = self._model.row(id)
        self._biases[index] = self._model.bias[id]
        self.behind.append(id)
        self._places[id] = place = self._model.first_block + index
        return place

    def mixed(self, first: Tensor, hidden: Tensor) -> Placed:
        """What mixing gives the words that have places.

        Args:
            first: the first block's scores without a memory, float32 (1, first_block).
            hidden: float32 (output_size,).
        """
        scores = self._scored(first, hidden)
        shares = scores.softmax(dim=1)
        log_sum = float(scores.max()) - math.log(float(shares.max()))  # a third of logsumexp's time
        if len(self._memory):
            places, votes = self._memory.votes(hidden)
            odds = self._odds
            if floor := self._model.floor:
                votes, odds = shares[0].index_select(0, places).clamp_(max=floor).mul_(votes), odds / floor
            shares[0].index_add_(0, places, votes, alpha=odds)
        return Placed(shares, tuple(self.behind), log_sum)

    def evidence(self, first: Tensor, hidden: Tensor, id: int, thetas: Sequence[float]) -> list[float]:
        """What a word's probability follows from.

        Args:
            first, hidden: as those of `mixed`.
            id: the word.
            thetas: to be tried instead of the memory's own.

        Returns:
            The logarithm of the sum that stands for that of all words; and for each theta the votes for the word, and
            all votes.
        """
        found = [float(self._scored(first, hidden).logsumexp(dim=1))]
        place = id if id < self._model.first_block else self._places.get(id, -1)
        for theta in thetas:
            places, votes = self._memory.votes(hidden, theta)
            found += [float(votes[places == place].sum()), float(votes.sum())]
        return found

    def _scored(self, first: Tensor, hidden: Tensor) -> Tensor:
        """The scores of the words that have places, without a memory (1, places)."""
        if not self.behind:
            return first
        count = len(self.behind)
        behind = torch.addmv(self._biases[:count], self._rows[:count], hidden)
        return torch.cat([first, behind[None]], dim=1)

    def all_mixed(self, scores: Tensor, hidden: Tensor) -> Tensor:
        """The scores of all words.

        Args:
            scores: without a memory, float32 (1, vocabulary_size).
            hidden: float32 (output_size,).
        """
        size = self._model.first_block
        mixed = self.mixed(scores[:, :size], hidden).scores()
        scores = scores.clone()
        scores[:, :size], scores[:, self.behind] = mixed[:, :size], mixed[:, size:]
        return scores
