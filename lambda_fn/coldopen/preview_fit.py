"""Fitting a preview: the coordinates of hidden states that matter most, and each word's coefficients there."""

from __future__ import annotations

import torch
from torch import Tensor

from coldopen.linear import JOINT_ERROR
from coldopen.preview_features import ROUNDING, groups_of, norm_scale, num_features, rank_of
from coldopen.serving_weights import PreviewWeights, Rows

_CHUNK = 2048  # words that are prepared at once, so that they stay in the processor's cache
_SHRINKAGE = 0.01  # of the mean variance, added to each: directions that the sample missed may matter yet


def fit_preview(output: Rows, states: Tensor) -> PreviewWeights:
    """The preview of words.

    Args:
        output: the words' rows of the output layer (words, hidden_size).
        states: float32 (samples, hidden_size), hidden states of text.
    """
    basis = _basis(Rows(output.int8[::4], output.scales[::4]).floats(), states)
    # the first coordinates come last, beside the other features
    turn = torch.linalg.inv(basis).to(torch.float32).roll(-rank_of(len(basis)), dims=0).T.contiguous()
    return preview_along(output, turn)


def preview_along(output: Rows, turn: Tensor) -> PreviewWeights:
    """The preview of words in given coordinates.

    Args:
        output: as `fit_preview` takes it.
        turn: float32 (hidden_size, hidden_size), invertible; see `coldopen.preview_features`.
    """
    num_words, hidden_size = output.int8.shape
    basis = torch.linalg.inv(turn.to(torch.float64)).T.roll(rank_of(hidden_size), dims=1).to(torch.float32)
    coefficients = Rows(torch.empty(num_words, num_features(hidden_size), dtype=torch.int8), torch.empty(num_words))
    slack = torch.empty(num_words)
    for begin in range(0, num_words, _CHUNK):
        end = begin + _CHUNK
        weight = output.part(begin, end).floats()
        coordinates = weight @ basis  # (chunk, hidden_size)
        slack[begin:end] = weight.abs_().sum(dim=1) * (JOINT_ERROR + ROUNDING)
        made = _coefficients(coordinates, slack[begin:end, None])
        coefficients.int8[begin:end], coefficients.scales[begin:end] = made
    return PreviewWeights(coefficients, turn, slack)


def _coefficients(coordinates: Tensor, slack: Tensor) -> Rows:
    """Words' coefficients: the coordinates to the nearest step, all others, which add to a bound, up to the next one.

    Args:
        coordinates: float32 (words, hidden_size), of the words' rows.
        slack: float32 (words, 1).
    """
    rank = rank_of(coordinates.shape[1])
    *groups, of_first = groups_of(coordinates.shape[1])
    first = coordinates[:, :rank]
    norms = [coordinates[:, slice(*group)].norm(dim=1, keepdim=True) / norm_scale(group) for group in groups]
    largest = torch.cat([first.abs(), *norms, slack], dim=1).amax(dim=1, keepdim=True)
    steps = (largest / 126).clamp_min(1e-12)  # not 127: rounding up may take one more
    nearest = (first / steps).round_()
    rounded_off = (first - nearest * steps).norm(dim=1, keepdim=True) / norm_scale(of_first)
    rising = (torch.cat([*norms, rounded_off, slack, slack], dim=1) / steps + 1e-3).ceil_()  # FLOOR's is one more slack
    all_but_top = torch.cat([nearest, rising], dim=1)
    # a feature is off by up to JOINT_ERROR of the largest one, and so is that one itself
    top = (all_but_top.abs().sum(dim=1, keepdim=True) * JOINT_ERROR / (1 - JOINT_ERROR) + 1e-3).ceil_()
    return Rows(torch.cat([all_but_top, top], dim=1).to(torch.int8), steps[:, 0])


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
