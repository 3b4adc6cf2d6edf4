"""Recall: the scores of a text's next word once its memory has taken part.

A word's probability is a mixture: (1 - share) of the network's, and `share` of what the memory says. To draw from a
mixture, it is enough to choose one of its parts and to draw from that. So the memory is asked at a share of the words
only, which is most of what it would cost. At which of them follows from their number in the text, by multiples of the
golden ratio (Weyl 1916, "Über die Gleichverteilung von Zahlen mod. Eins"): they are spread evenly, and among one
likeliest word nothing hangs on the seed.

What the memory says of a word is its votes v, and the network's probability where the votes are for no word. To know
that probability, all words would have to be scored. So the sum over the first block and the words that the memory holds
stands for the sum over all: with p = exp(score) / that sum and V for all votes, a word has the score
log(p + v / (1 - V)) + log(that sum), which is its own where it got no votes. docs/evaluation.md has what that changes.
The likeliest words of all are then among the likeliest without a memory and those that it holds.

Held-out text is likeliest when every vote counts, for then words come back that the network never learnt. What is
written reads better when words that do not fit get few votes: see `Remembering.floor`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from coldopen.memory import Memory, MemoryConfig

_ROOM = 64  # words, at first
_DELAY = 2  # words
_GOLDEN = (math.sqrt(5) - 1) / 2
_MOST_VOTES = 0.999


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
        shares: exp(score - log_sum) of each word; where there is no log_sum, its score. float32 (places,).
        behind: the ids of the words behind the first block, in the order of their places.
        log_sum: see above.
    """

    shares: Tensor
    behind: Sequence[int] = ()
    log_sum: float | None = None

    def scores(self) -> Tensor:
        """The words' scores: float32 (places,)."""
        return self.shares if self.log_sum is None else self.shares.log().add_(self.log_sum)

    def top(self, count: int) -> tuple[list[float], list[int]]:
        """The highest scores, falling, and their places."""
        values, places = self.shares.topk(count)
        scores: list[float] = values.tolist()
        if self.log_sum is not None:  # as numbers, since another operator on all words would take longer
            scores = [math.log(share) + self.log_sum if share else -math.inf for share in scores]
        return scores, places.tolist()


class RecallMark(NamedTuple):
    """Where a text is, for `Recall.back_to`.

    Attributes:
        num_added: to its memory.
        num_read, latest_kept: as its own.
        num_behind: how many words behind the first block it met.
    """

    num_added: int
    num_read: int
    latest_kept: tuple[bool, ...]
    num_behind: int


class Recall:
    """One text's memory and what it takes to score with it. To be used in inference mode.

    Words have places: those of the first block their ids, others that the memory met the places behind it.

    Args:
        model: see `Remembering`.
        share: of the words at which the memory is asked, from 0 to 1.

    Attributes:
        behind: the ids of the words behind the first block that the memory met, in the order of their places.
    """

    def __init__(self, model: Remembering, share: float) -> None:
        self._model, self._share = model, share
        size = len(model.row(0))
        self._memory = Memory(model.config.words, model.config.theta, size)
        self._num_read = 0
        self._latest_kept = (False,) * _DELAY  # whether each of the latest words, the oldest first, is in the memory
        self.behind: list[int] = []
        self._places: dict[int, int] = {}  # of the words behind the first block
        self._rows, self._biases = torch.empty(_ROOM, size), torch.empty(_ROOM)  # of the same words

    def copy_from(self, other: Recall) -> None:
        """Take over another text's memory."""
        self._memory.copy_from(other._memory)
        self._num_read, self._latest_kept = other._num_read, other._latest_kept
        self.behind, self._places = list(other.behind), dict(other._places)
        self._rows, self._biases = other._rows.clone(), other._biases.clone()

    def mark(self) -> RecallMark:
        """Where the text is, to come back to."""
        return RecallMark(self._memory.num_added, self._num_read, self._latest_kept, len(self.behind))

    def back_to(self, mark: RecallMark) -> None:
        """Forget what was read since, at most `coldopen.memory.MOST_FORGOTTEN` words."""
        self._memory.forget_since(mark.num_added)
        self._num_read, self._latest_kept = mark.num_read, mark.latest_kept
        for id in self.behind[mark.num_behind :]:
            del self._places[id]
        del self.behind[mark.num_behind :]

    def read(self, hidden: Tensor, id: int) -> None:
        """Remember the next word of the text: `add`, but for the first, which stands behind no state."""
        if self._num_read:
            self.add(hidden, id)
        self._num_read += 1

    def add(self, hidden: Tensor, id: int) -> None:
        """Remember a word behind a state, float32 (output_size,), unless it is a common one or can't be written.

        It votes once two more words are read: else what was just said would be said again.
        """
        is_kept = id >= self._model.config.common and id not in self._model.never
        if is_kept:
            self._memory.add(hidden, self._place(id))
        self._latest_kept = (*self._latest_kept[1:], is_kept)

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

    @property
    def is_asked(self) -> bool:
        """Whether the memory takes part in the next word."""
        return self._num_read * _GOLDEN % 1 < self._share

    def mixed(self, first: Tensor, hidden: Tensor) -> Placed:
        """What the words that have places come to where the memory is asked.

        Args:
            first: the first block's scores without a memory, float32 (first_block,).
            hidden: float32 (output_size,).
        """
        scores = self._scored(first, hidden)
        shares = scores.softmax(dim=0)
        log_sum = float(scores.max()) - math.log(float(shares.max()))  # a third of logsumexp's time
        places, votes = self._memory.votes(hidden, sum(self._latest_kept))
        one = self._model.floor or 1.0  # what a vote that counts in full is here
        if self._model.floor:
            votes.mul_(shares.index_select(0, places).clamp_max_(one))
        shares.index_add_(0, places, votes, alpha=_odds_of(float(votes.sum()) / one) / one)
        return Placed(shares, tuple(self.behind), log_sum)

    def evidence(self, first: Tensor, hidden: Tensor, id: int, thetas: Sequence[float]) -> list[float]:
        """What a word's probability follows from.

        Args:
            first, hidden: as those of `mixed`.
            id: the word.
            thetas: to be tried instead of the memory's own.

        Returns:
            The logarithm of the sum that stands for that of all words; and for each theta the votes for the word, and
            all votes, beside which the network's shares weigh 1.
        """
        found = [float(self._scored(first, hidden).logsumexp(dim=0))]
        place = id if id < self._model.first_block else self._places.get(id, -1)
        for theta in thetas:
            places, votes = self._memory.votes(hidden, sum(self._latest_kept), theta)
            total = float(votes.sum())
            found += [weight * _odds_of(total) for weight in (float(votes[places == place].sum()), total)]
        return found

    def _scored(self, first: Tensor, hidden: Tensor) -> Tensor:
        """The scores of the words that have places, without a memory (places,)."""
        if not self.behind:
            return first
        count = len(self.behind)
        behind = torch.addmv(self._biases[:count], self._rows[:count], hidden)
        return torch.cat([first, behind])

    def all_mixed(self, scores: Tensor, hidden: Tensor) -> Tensor:
        """The scores of all words; where the memory is not asked, those that are given.

        Args:
            scores: without a memory, float32 (vocabulary_size,).
            hidden: float32 (output_size,).
        """
        if not self.is_asked:
            return scores
        size = self._model.first_block
        mixed = self.mixed(scores[:size], hidden).scores()
        scores = scores.clone()
        scores[:size], scores[self.behind] = mixed[:size], mixed[size:]
        return scores


def _odds_of(votes: float) -> float:
    """How much each of so many votes weighs, where those that were not given are for the network, which weighs 1."""
    return 1 / (1 - min(votes, _MOST_VOTES))
