"""The preview's bounds: they always hold, and on hidden states like its sample they are tight."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from coldopen.preview import Preview


def states_of(count: int, hidden_size: int, seed: int) -> Tensor:
    """Hidden states, most of whose variance lies in few directions."""
    generator = torch.Generator().manual_seed(seed)
    spread = 1 / torch.arange(1, hidden_size + 1)
    return (torch.randn(count, hidden_size, generator=generator) * spread).clamp(-1, 1)


def blocks_of(sizes: list[int], hidden_size: int) -> tuple[list[Tensor], list[Tensor]]:
    generator = torch.Generator().manual_seed(1)
    rows = [torch.randn(size, hidden_size, generator=generator) for size in sizes]
    return rows, [torch.randn(size, generator=generator) for size in sizes]


@pytest.mark.parametrize("hidden_size", [1, 7, 24, 25, 90, 256])
@pytest.mark.parametrize("sizes", [[1], [40, 40, 3]])
def test_no_word_exceeds_its_blocks_bound(hidden_size: int, sizes: list[int]) -> None:
    blocks, biases = blocks_of(sizes, hidden_size)
    preview = Preview(blocks, biases, states_of(100, hidden_size, seed=2), error=0.0)
    foreign = torch.rand(50, hidden_size, generator=torch.Generator().manual_seed(3)) * 2 - 1
    for hidden in (*states_of(50, hidden_size, seed=4), *foreign, torch.zeros(hidden_size), torch.ones(hidden_size)):
        bounds = preview.bounds(hidden)
        assert bounds.shape == (len(sizes), max(sizes))
        for rows, bias, bound in zip(blocks, biases, bounds, strict=True):
            assert bool((rows @ hidden + bias <= bound[: len(rows)]).all())
            assert bool((bound[len(rows) :] == -torch.inf).all())


def test_the_bounds_hold_for_states_that_are_off_by_the_error_allowed() -> None:
    blocks, biases = blocks_of([30, 30], 60)
    states, error = states_of(80, 60, seed=2), 1 / 127
    preview = Preview(blocks, biases, states, error)
    for hidden in states:
        for rows, bias, bound in zip(blocks, biases, preview.bounds(hidden), strict=True):
            worst = rows @ hidden + rows.abs().sum(dim=1) * error + bias
            assert bool((worst <= bound).all())


def test_on_states_like_the_sample_the_bounds_are_tight() -> None:
    blocks, biases = blocks_of([50, 50], 128)
    preview = Preview(blocks, biases, states_of(400, 128, seed=2), error=0.0)
    slack, alone = [], []  # the latter: of Cauchy-Schwarz on whole rows
    for hidden in states_of(50, 128, seed=5):
        for rows, bias, bound in zip(blocks, biases, preview.bounds(hidden), strict=True):
            slack.append(bound - (rows @ hidden + bias))
            alone.append(rows.norm(dim=1) * hidden.norm() - rows @ hidden)
    assert torch.cat(slack).mean() < torch.cat(alone).mean() / 5


def test_the_blocks_named_are_those_whose_bounds_reach_the_score() -> None:
    blocks, biases = blocks_of([20, 20, 20], 30)
    biases[1].fill_(-torch.inf)
    preview, hidden = Preview(blocks, biases, states_of(50, 30, seed=2), error=0.0), torch.zeros(30)
    first, never, third = preview.bounds(hidden).amax(dim=1).tolist()
    assert never == -torch.inf
    assert preview.not_below(min(first, third), hidden) == [0, 2]
    assert preview.not_below(max(first, third), hidden) == [0 if first > third else 2]
    assert preview.not_below(max(first, third) + 1e-3, hidden) == []
    assert preview.not_below(-torch.inf, hidden) == [0, 1, 2]
