"""The preview's features: what a hidden state h becomes, to be multiplied with each word's coefficients.

| feature | a word's coefficient |
| --- | --- |
| the first coordinates of h | those of the word's row, in int8 |
| for each group of the other coordinates, the norm of h's | the norm of the row's |
| the norm of the first coordinates | the norm of what int8 rounded off |
| the largest absolute number in h, times a share | what errors of h as large as allowed add at most (slack) |
| `FLOOR` | what errors add at most that do not shrink with h |
| the largest absolute feature of these, in any text | what quantising the features adds at most |
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor

_RANK = 64  # coordinates that are multiplied out; the groups behind them double: 64 to 128, 128 to 256, ...
FLOOR = 1 / 64  # a layer's largest input is at least this, so that its steps are larger than torch's smallest, 6.1e-5
ROUNDING = 1e-3
"""An error of h, relative to its largest number, that is allowed for: far more than what float32 loses on the way."""
_NORM_SCALE = 2.0  # a group's norm is scaled to about this, which is the size of the larger coordinates


def rank_of(hidden_size: int) -> int:
    """How many coordinates a preview multiplies out."""
    return min(_RANK, hidden_size)


def groups_of(hidden_size: int) -> list[tuple[int, int]]:
    """Begin and end of each group of coordinates that has a norm; the last group is that of the first coordinates."""
    rank = rank_of(hidden_size)
    edges = [rank]
    while edges[-1] < hidden_size:
        edges.append(min(2 * edges[-1], hidden_size))
    return [*pairwise(edges), (0, rank)]


def norm_scale(group: tuple[int, int]) -> float:
    """What a group's norm is multiplied by, as a feature; the coefficient is divided by it."""
    begin, end = group
    return _NORM_SCALE / math.sqrt(end - begin)


def num_features(hidden_size: int) -> int:
    """How many features a hidden state has."""
    return rank_of(hidden_size) + len(groups_of(hidden_size)) + 3


class Features:
    """The features of so many texts' hidden states, in tensors that are kept for the next word.

    Args:
        num_texts: how many.
        turn: float32 (hidden_size, hidden_size); `h @ turn` are h's coordinates, the first `rank` of them last.
        share: of the errors that coefficients allow for, the share that may occur.
    """

    def __init__(self, num_texts: int, turn: Tensor, share: float) -> None:
        hidden_size = len(turn)
        rank, groups = rank_of(hidden_size), groups_of(hidden_size)
        num_rest = hidden_size - rank
        self._turn, self._share = turn, share
        # coordinates and features overlap in the first coordinates, so that nothing has to be copied
        buffer = torch.zeros(num_texts, num_rest + num_features(hidden_size))
        self._coordinates = buffer[:, :hidden_size]
        self._features = buffer[:, num_rest:]
        sizes = [len(groups), 1, 1, 1]
        self._norms, self.errors, floor, self._top = torch.split(buffer[:, hidden_size:], sizes, dim=1)
        floor.fill_(FLOOR)
        self._all_but_top = buffer[:, num_rest:-1]
        self._squares = torch.empty(num_texts, hidden_size)
        self._members = torch.zeros(hidden_size, len(groups))  # which squares a norm adds up, scaled
        for index, (begin, end) in enumerate(groups):
            for coordinate in range(begin, end):
                self._members[(coordinate - rank) % hidden_size, index] = norm_scale((begin, end)) ** 2

    def of(self, hidden: Tensor) -> Tensor:
        """Features of hidden states, float32 (texts, features); the next call overwrites them.

        Args:
            hidden: float32 (texts, hidden_size).
        """
        torch.mm(hidden, self._turn, out=self._coordinates)
        torch.mul(self._coordinates, self._coordinates, out=self._squares)
        torch.mm(self._squares, self._members, out=self._norms).sqrt_()
        torch.linalg.vector_norm(hidden, math.inf, dim=1, keepdim=True, out=self.errors).mul_(self._share)
        self._top.copy_(torch.linalg.vector_norm(self._all_but_top, math.inf))  # the texts' features share a scale
        return self._features
