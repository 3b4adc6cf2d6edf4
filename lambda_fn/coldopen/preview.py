"""The preview: which words can't be among the likeliest, told from a few numbers per word.

Scores are W h + b. With hidden states of text and their second moments C = R R^T, the singular vectors of W R turn h
into coordinates z in which few carry nearly all of W h (Shim et al. 2017, "SVD-Softmax"). A word's score is at most
what the first coordinates give, plus, by Cauchy-Schwarz for each further group of them, the norm of the word's
coefficients there times the norm of z there (Li et al. 2017, "FEXIPRO"). The bound holds for every h; the sample of
hidden states only makes it tight.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

_RANK = 48  # coordinates that are multiplied out; the groups behind them double: 48 to 96, 96 to 192, ...
_FEW = 4000  # words that a closer look costs less than it may spare
_CHUNK = 2048  # words that are prepared at once, to stay in the processor's cache
_SHRINKAGE = 0.01  # of the mean variance, added to each: directions that the sample missed may matter yet
_ROUNDING = 1e-3  # of a row's absolute sum, far more than what float32 loses on the way
_NONE = torch.empty(0, dtype=torch.int64)


def rank_of(hidden_size: int) -> int:
    """How many coordinates a preview multiplies out."""
    return min(_RANK, hidden_size)


class Preview:
    """Upper bounds of the scores of words.

    Args:
        rows: the words' output rows as they are served, int8 or float32 (words, hidden_size), but for their scales.
        scales: float32 (words,).
        bias: float32 (words,); may hold minus infinity.
        states: float32 (samples, hidden_size), hidden states of text.
        error: how far a coordinate of h may lie from itself when it meets the served rows, relative to the largest.
        bounded: whether no coordinate of h exceeds 1, as in a network without projection.
    """

    def __init__(
        self, rows: Tensor, scales: Tensor, bias: Tensor, states: Tensor, error: float, bounded: bool = True
    ) -> None:
        words, hidden_size = rows.shape
        rank = rank_of(hidden_size)
        self._groups = _groups(rank, hidden_size)  # (hidden_size - rank, groups)
        back = _basis(rows[::4] * scales[::4, None], states)
        # the first coordinates come last: see _Room
        self._turn = torch.linalg.inv(back).to(torch.float32).roll(-rank, dims=0).T.contiguous()
        columns = torch.empty(rank + self._groups.shape[1] + 2, words)
        for begin in range(0, words, _CHUNK):
            chunk = slice(begin, begin + _CHUNK)
            part, column = rows[chunk] * scales[chunk, None], columns[:, chunk]
            coefficients = part @ back.to(torch.float32)  # (chunk, hidden_size)
            column[:rank] = coefficients[:, :rank].T
            column[rank:-2] = (coefficients[:, rank:].square_() @ self._groups).T.sqrt_()
            column[-2] = part.abs_().sum(dim=1) * (error + _ROUNDING)
        columns[-1] = bias
        self._columns = columns  # (rank + groups + 2, words)
        self._rows, self._scales, self._slack, self._bias = rows, scales, columns[-2], columns[-1]
        self._rank, self._bounded = rank, bounded
        self._rooms: dict[int, _Room] = {}

    def bounds(self, hidden: Tensor) -> Tensor:
        """For each word a score that it does not exceed.

        Args:
            hidden: float32 (texts, hidden_size).

        Returns:
            float32 (texts, words); the next call for as many texts overwrites it.
        """
        room = self._room(len(hidden))
        torch.mm(hidden, self._turn, out=room.turned)
        torch.mul(room.minor, room.minor, out=room.squares)
        torch.mm(room.squares, self._groups, out=room.norms).sqrt_()
        if not self._bounded:
            torch.linalg.vector_norm(hidden, math.inf, dim=1, out=room.largest)
        return torch.mm(room.features, self._columns, out=room.bounds)

    def not_below(self, scores: Sequence[float], hidden: Tensor) -> list[Tensor]:
        """For each text the words that can't be ruled out to have its score or a higher one.

        Args:
            scores: one for each text.
            hidden: float32 (texts, hidden_size).

        Returns:
            int64 (up to words,) for each text, rising.
        """
        bounds = self.bounds(hidden)
        highest: list[float] = bounds.amax(dim=1).tolist()
        return [
            self._closer_look(bounds[text], score, hidden[text]) if highest[text] >= score else _NONE  # mostly none
            for text, score in enumerate(scores)
        ]

    def _closer_look(self, bounds: Tensor, score: float, hidden: Tensor) -> Tensor:
        words = (bounds >= score).nonzero()[:, 0]
        if len(words) > _FEW:
            return words
        products = torch.mv(_of(words, self._rows).to(torch.float32), hidden)
        offsets = _of(words, self._bias) + _of(words, self._slack) * hidden.abs().max()
        return words[offsets.addcmul_(_of(words, self._scales), products) >= score]

    def _room(self, texts: int) -> _Room:
        if texts not in self._rooms:
            self._rooms[texts] = _Room(texts, self._rank, self._groups, words=len(self._bias))
        return self._rooms[texts]


class _Room:
    """What bounds are computed in, for so many texts: kept, as none of it is small."""

    def __init__(self, texts: int, rank: int, groups: Tensor, words: int) -> None:
        minor = len(groups)
        # a row: minor coordinates | first coordinates | groups' norms | h's largest, for the error | 1, for the bias
        room = torch.ones(texts, minor + rank + groups.shape[1] + 2)
        self.turned, self.features = room[:, : minor + rank], room[:, minor:]
        self.minor, self.norms, self.largest = room[:, :minor], room[:, minor + rank : -2], room[:, -2]
        self.squares = torch.empty(texts, minor)
        self.bounds = torch.empty(texts, words)


def _of(words: Tensor, tensor: Tensor) -> Tensor:
    """A tensor's rows of these words; ten times as fast as by brackets."""
    return tensor.index_select(0, words)


def _groups(rank: int, hidden_size: int) -> Tensor:
    """Which group each coordinate behind the first `rank` is in: float32 (hidden_size - rank, groups), 0 or 1."""
    edges = [rank]
    while edges[-1] < hidden_size:
        edges.append(min(2 * edges[-1], hidden_size))
    coordinate = torch.arange(rank, hidden_size)
    members = [(begin <= coordinate) & (coordinate < end) for begin, end in pairwise(edges)]
    return torch.stack(members, dim=1).to(torch.float32) if members else torch.empty(0, 0)


def _basis(rows: Tensor, states: Tensor) -> Tensor:
    """Directions of hidden states, as columns, those that matter most for the scores first.

    Args:
        rows: float32 (words, hidden_size).
        states: float32 (samples, hidden_size).

    Returns:
        float64 (hidden_size, hidden_size), invertible. In float32 it is found three times as fast, and need not be
        more exact: the bounds hold in any basis.
    """
    variances, axes = torch.linalg.eigh(states.T @ states / len(states))
    root = axes * (variances.clamp_min(0) + _SHRINKAGE * variances.mean() + 1e-6).sqrt()
    _, directions = torch.linalg.eigh(root.T @ (rows.T @ rows) @ root)  # by rising weight
    basis: Tensor = root @ directions.flip(1)
    return basis.to(torch.float64)
