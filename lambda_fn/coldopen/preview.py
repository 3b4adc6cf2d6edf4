"""The preview: an upper bound of each word's score, from a few numbers per word. It tells which words can't be likely.

A word's score is w . h + b, for its row w of the output layer's weight W, its bias b and a hidden state h. The preview
turns hidden states into coordinates z in which the first few carry nearly all of W h. The score then has two parts: the
sum over the first coordinates is computed as it is, and the sum over the others is bounded.

- The turn: let C = R R^T be the second moments of hidden states of text. The right singular vectors of W R, by falling
  singular value, give the coordinates (Shim et al. 2017, "SVD-Softmax: Fast Softmax Approximation on Large Vocabulary
  Neural Networks").
- The bound: the other coordinates are cut into groups. By the Cauchy-Schwarz inequality, a group adds at most the norm
  of w's coefficients there times the norm of z there (Li et al. 2017, "FEXIPRO: Fast and Exact Inner Product Retrieval
  in Recommender Systems").

The bound holds for every h. The sample of hidden states only decides how tight it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

_RANK = 48  # coordinates that are multiplied out; the groups behind them double: 48 to 96, 96 to 192, ...
_FEW = 4000  # words; to look at so many more closely costs less than scoring blocks in vain
_CHUNK = 2048  # words that are prepared at once, so that they stay in the processor's cache
_SHRINKAGE = 0.01  # of the mean variance, added to each: directions that the sample missed may matter yet
_ROUNDING = 1e-3  # of a row's absolute sum: far more than what float32 loses on the way
_NONE = torch.empty(0, dtype=torch.int64)


def rank_of(hidden_size: int) -> int:
    """How many coordinates a preview multiplies out."""
    return min(_RANK, hidden_size)


class Preview:
    """Upper bounds of the scores of words.

    A word's bound is one product of a row of features, made from h, with the word's column of coefficients:

    | feature | coefficient |
    | --- | --- |
    | the first coordinates of h | those of the word's row |
    | for each group of the other coordinates, the norm of h's | the norm of the row's |
    | the largest absolute number in h | what an error of h that is as large as allowed adds at most (slack) |
    | 1 | the bias |

    Args:
        rows: the words' output rows as they are served, without their scales: int8 or float32 (words, hidden_size).
        scales: float32 (words,).
        bias: float32 (words,); may hold minus infinity.
        states: float32 (samples, hidden_size), hidden states of text.
        error: how far a number in h may be off when it meets the served rows, relative to the largest in h.
        bounded: whether no number in h exceeds 1, as in a network without projection.
    """

    def __init__(
        self, rows: Tensor, scales: Tensor, bias: Tensor, states: Tensor, error: float, bounded: bool = True
    ) -> None:
        num_words, hidden_size = rows.shape
        self._rank, self._bounded = rank_of(hidden_size), bounded
        self._groups = _groups(self._rank, hidden_size)  # (hidden_size - rank, groups)
        num_groups = self._groups.shape[1]
        basis = _basis(rows[::4] * scales[::4, None], states)
        # (hidden_size, hidden_size): turns h into its coordinates. The first ones come last, beside the other features.
        self._turn = torch.linalg.inv(basis).to(torch.float32).roll(-self._rank, dims=0).T.contiguous()
        self._rows, self._scales, self._bias = rows, scales, bias
        self._coefficients = torch.empty(self._rank + num_groups + 2, num_words)
        for begin in range(0, num_words, _CHUNK):
            chunk = slice(begin, begin + _CHUNK)
            first, norms, slack, offset = torch.split(self._coefficients[:, chunk], [self._rank, num_groups, 1, 1])
            weight = rows[chunk] * scales[chunk, None]
            coordinates = weight @ basis.to(torch.float32)  # (chunk, hidden_size)
            first.copy_(coordinates[:, : self._rank].T)
            norms.copy_((coordinates[:, self._rank :].square_() @ self._groups).T.sqrt_())
            slack.copy_(weight.abs_().sum(dim=1) * (error + _ROUNDING))
            offset.copy_(bias[chunk])
        self._slack = self._coefficients[self._rank + num_groups]  # (words,)
        self._workspaces: dict[int, _Workspace] = {}

    def bounds(self, hidden: Tensor) -> Tensor:
        """For each word a score that it does not exceed.

        Args:
            hidden: float32 (texts, hidden_size).

        Returns:
            float32 (texts, words); the next call for as many texts overwrites it.
        """
        workspace = self._workspace(len(hidden))
        torch.mm(hidden, self._turn, out=workspace.coordinates)
        torch.mul(workspace.rest, workspace.rest, out=workspace.squares)
        torch.mm(workspace.squares, self._groups, out=workspace.norms).sqrt_()
        if not self._bounded:
            torch.linalg.vector_norm(hidden, math.inf, dim=1, out=workspace.largest)
        return torch.mm(workspace.features, self._coefficients, out=workspace.bounds)

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
        """The words whose bound reaches the score and, if they are few, whose own row does too."""
        words = (bounds >= score).nonzero()[:, 0]
        if len(words) > _FEW:
            return words
        products = torch.mv(_take(self._rows, words).to(torch.float32), hidden)
        offsets = _take(self._bias, words) + _take(self._slack, words) * hidden.abs().max()
        return words[offsets.addcmul_(_take(self._scales, words), products) >= score]

    def _workspace(self, num_texts: int) -> _Workspace:
        if num_texts not in self._workspaces:
            self._workspaces[num_texts] = _Workspace(num_texts, self._rank, self._groups, num_words=len(self._bias))
        return self._workspaces[num_texts]


class _Workspace:
    """The tensors that bounds of so many texts are computed in. They are large, so they are kept for the next word.

    Attributes:
        coordinates: (texts, hidden_size), the other coordinates (`rest`) and then the first ones.
        rest: (texts, hidden_size - rank).
        features: (texts, rank + groups + 2), as `Preview` lists them.
        norms: (texts, groups), part of the features.
        largest: (texts,), part of the features; 1 where h is bounded by that.
        squares: (texts, hidden_size - rank).
        bounds: (texts, words).
    """

    def __init__(self, num_texts: int, rank: int, groups: Tensor, num_words: int) -> None:
        num_rest, num_groups = groups.shape
        # `coordinates` and `features` overlap in the first coordinates, so that nothing has to be copied
        buffer = torch.ones(num_texts, num_rest + rank + num_groups + 2)
        self.rest, _first, self.norms, largest, _one = torch.split(buffer, [num_rest, rank, num_groups, 1, 1], dim=1)
        self.coordinates, self.features = buffer[:, : num_rest + rank], buffer[:, num_rest:]
        self.largest = largest[:, 0]
        self.squares = torch.empty(num_texts, num_rest)
        self.bounds = torch.empty(num_texts, num_words)


def _take(tensor: Tensor, indices: Tensor) -> Tensor:
    """Rows of a tensor; ten times as fast as by brackets."""
    return tensor.index_select(0, indices)


def _groups(rank: int, hidden_size: int) -> Tensor:
    """Which group each coordinate behind the first `rank` is in: float32 (hidden_size - rank, groups), 0 or 1."""
    edges = [rank]
    while edges[-1] < hidden_size:
        edges.append(min(2 * edges[-1], hidden_size))
    coordinate = torch.arange(rank, hidden_size)
    members = [(begin <= coordinate) & (coordinate < end) for begin, end in pairwise(edges)]
    return torch.stack(members, dim=1).to(torch.float32) if members else torch.empty(0, 0)


def _basis(rows: Tensor, states: Tensor) -> Tensor:
    """Directions of hidden states, as columns; those that matter most for the scores come first.

    It is found in float32, three times as fast as in float64. It need not be more exact: the bounds hold in any basis.

    Args:
        rows: float32 (words, hidden_size).
        states: float32 (samples, hidden_size).

    Returns:
        float64 (hidden_size, hidden_size), invertible.
    """
    variances, axes = torch.linalg.eigh(states.T @ states / len(states))
    root = axes * (variances.clamp_min(0) + _SHRINKAGE * variances.mean() + 1e-6).sqrt()
    _, directions = torch.linalg.eigh(root.T @ (rows.T @ rows) @ root)  # by rising weight
    basis: Tensor = root @ directions.flip(1)
    return basis.to(torch.float64)
