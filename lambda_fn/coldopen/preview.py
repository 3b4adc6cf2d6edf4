"""The preview: which words can't be among the likeliest, told from a few numbers per word.

Scores are W h + b. With hidden states of text and their second moments C = R R^T, the singular vectors of W R turn h
into coordinates z in which few carry nearly all of W h (Shim et al. 2017, "SVD-Softmax"). A word's score is at most
what the first coordinates give, plus, by Cauchy-Schwarz for each further group of them, the norm of the word's
coefficients there times the norm of z there (Li et al. 2017, "FEXIPRO"). The bound holds for every h; the sample of
hidden states only makes it tight.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor

_RANK = 24  # coordinates that are multiplied out; the groups behind them double: 24 to 48, 48 to 96, ...
_FEW = 1000  # words that a closer look costs less than it may spare
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
    """

    def __init__(self, rows: Tensor, scales: Tensor, bias: Tensor, states: Tensor, error: float) -> None:
        words, hidden_size = rows.shape
        rank = rank_of(hidden_size)
        self._groups = _groups(rank, hidden_size)  # (groups, hidden_size - rank)
        back = _basis(rows[::4] * scales[::4, None], states)
        # the first coordinates come last, so that they, the groups' norms, h's largest coordinate (for the error) and
        # the 1 for the bias lie side by side
        self._turn = torch.linalg.inv(back).to(torch.float32).roll(-rank, dims=0)
        columns = torch.empty(rank + len(self._groups) + 2, words)
        for begin in range(0, words, _CHUNK):
            chunk = slice(begin, begin + _CHUNK)
            part, column = rows[chunk] * scales[chunk, None], columns[:, chunk]
            coefficients = part @ back.to(torch.float32)  # (chunk, hidden_size)
            column[:rank] = coefficients[:, :rank].T
            column[rank:-2] = (self._groups @ coefficients[:, rank:].square_().T).sqrt_()
            column[-2] = part.abs_().sum(dim=1) * (error + _ROUNDING)
        columns[-1] = bias
        self._columns = columns.T  # (words, rank + groups + 2), a column's numbers side by side
        self._rows, self._scales, self._slack, self._bias = rows, scales, columns[-2], columns[-1]
        room = torch.ones(hidden_size + len(self._groups) + 2)
        self._turned, self._features = room[:hidden_size], room[hidden_size - rank :]
        self._minor, self._norms, self._largest = room[: hidden_size - rank], room[hidden_size:-2], room[-2]
        self._squares = torch.empty(hidden_size - rank)
        self._bounds = torch.empty(words)

    def bounds(self, hidden: Tensor) -> Tensor:
        """For each word a score that it does not exceed.

        Args:
            hidden: float32 (hidden_size,).

        Returns:
            float32 (words,); the next call overwrites it.
        """
        torch.mv(self._turn, hidden, out=self._turned)
        torch.mul(self._minor, self._minor, out=self._squares)
        torch.mv(self._groups, self._squares, out=self._norms).sqrt_()
        torch.linalg.vector_norm(hidden, math.inf, out=self._largest)
        return torch.mv(self._columns, self._features, out=self._bounds)

    def not_below(self, score: float, hidden: Tensor) -> Tensor:
        """The words that can't be ruled out to have this score or a higher one: int64 (up to words,), rising."""
        bounds = self.bounds(hidden)
        if float(bounds.max()) < score:  # mostly
            return _NONE
        words = (bounds >= score).nonzero()[:, 0]
        if len(words) > _FEW:
            return words
        products = torch.mv(self._rows[words].to(torch.float32), hidden)
        offsets = torch.addcmul(self._bias[words], self._slack[words], self._largest)
        return words[offsets.addcmul_(self._scales[words], products) >= score]


def _groups(rank: int, hidden_size: int) -> Tensor:
    """Which group each coordinate behind the first `rank` is in: float32 (groups, hidden_size - rank), 0 or 1."""
    edges = [rank]
    while edges[-1] < hidden_size:
        edges.append(min(2 * edges[-1], hidden_size))
    coordinate = torch.arange(rank, hidden_size)
    members = [(begin <= coordinate) & (coordinate < end) for begin, end in pairwise(edges)]
    return torch.stack(members).to(torch.float32) if members else torch.empty(0, 0)


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
