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
        scores = [float((rows @ hidden + bias).max()) for rows, bias in zip(blocks, biases, strict=True)]
        bounds = preview.bounds(hidden)
        assert len(bounds) == len(scores)
        assert all(score <= bound for score, bound in zip(scores, bounds, strict=True))


def test_the_bounds_hold_for_states_that_are_off_by_the_error_allowed() -> None:
    blocks, biases = blocks_of([30, 30], 60)
    states, error = states_of(80, 60, seed=2), 1 / 127
    preview = Preview(blocks, biases, states, error)
    for hidden in states:
        for rows, bias, bound in zip(blocks, biases, preview.bounds(hidden), strict=True):
            worst = rows @ hidden + rows.abs().sum(dim=1) * error + bias
            assert float(worst.max()) <= bound


def test_on_states_like_the_sample_the_bounds_are_tight() -> None:
    blocks, biases = blocks_of([50, 50], 128)
    preview = Preview(blocks, biases, states_of(400, 128, seed=2), error=0.0)
    slack, size = [], []
    for hidden in states_of(50, 128, seed=5):
        for rows, bias, bound in zip(blocks, biases, preview.bounds(hidden), strict=True):
            slack.append(bound - float((rows @ hidden + bias).max()))
            size.append(float(rows.norm(dim=1).max() * hidden.norm()))  # what Cauchy-Schwarz alone would allow
    assert sum(slack) < sum(size) / 5


def test_a_block_of_words_that_must_not_come_has_no_bound_above_minus_infinity() -> None:
    blocks, biases = blocks_of([20, 20], 30)
    biases[1].fill_(-torch.inf)
    bounds = Preview(blocks, biases, states_of(50, 30, seed=2), error=0.0).bounds(torch.zeros(30))
    assert bounds[0] > -torch.inf
    assert bounds[1] == -torch.inf
