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


def words_of(count: int, hidden_size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Rows, scales and bias of so many words."""
    generator = torch.Generator().manual_seed(1)
    rows = torch.randint(-127, 128, (count, hidden_size), generator=generator).to(torch.int8)
    scales = 0.01 + 0.01 * torch.rand(count, generator=generator)
    return rows, scales, torch.randn(count, generator=generator)


@pytest.mark.parametrize("hidden_size", [1, 7, 24, 25, 90, 256])
@pytest.mark.parametrize("words", [1, 83, 3000])
def test_no_word_exceeds_its_bound(hidden_size: int, words: int) -> None:
    rows, scales, bias = words_of(words, hidden_size)
    states = states_of(100, hidden_size, seed=2)
    preview = Preview(rows, scales, bias, states, error=0.0)
    unbounded = Preview(rows, scales, bias, states, error=0.0, bounded=False)
    rows = rows * scales[:, None]
    foreign = torch.rand(50, hidden_size, generator=torch.Generator().manual_seed(3)) * 2 - 1
    for hidden in (*states_of(50, hidden_size, seed=4), *foreign, torch.zeros(hidden_size), torch.ones(hidden_size)):
        (bounds,) = preview.bounds(hidden[None])
        assert bounds.shape == (words,)
        assert bool((rows @ hidden + bias <= bounds).all())
        for projected in (0.01 * hidden, 100 * hidden):
            assert bool((rows @ projected + bias <= unbounded.bounds(projected[None])[0]).all())


def test_the_bounds_hold_for_states_that_are_off_by_the_error_allowed() -> None:
    rows, scales, bias = words_of(60, 60)
    states, error = states_of(80, 60, seed=2), 1 / 127
    preview = Preview(rows, scales, bias, states, error, bounded=False)
    rows = rows * scales[:, None]
    for hidden in states:
        worst = rows @ hidden + rows.abs().sum(dim=1) * error * hidden.abs().max() + bias
        assert bool((worst <= preview.bounds(hidden[None])).all())


def test_on_states_like_the_sample_the_bounds_are_tight() -> None:
    rows, scales, bias = words_of(100, 128)
    preview = Preview(rows, scales, bias, states_of(400, 128, seed=2), error=0.0)
    rows = rows * scales[:, None]
    slack, alone = [], []  # the latter: of Cauchy-Schwarz on whole rows
    for hidden in states_of(50, 128, seed=5):
        slack.append(preview.bounds(hidden[None])[0] - (rows @ hidden + bias))
        alone.append(rows.norm(dim=1) * hidden.norm() - rows @ hidden)
    assert torch.cat(slack).mean() < torch.cat(alone).mean() / 5


@pytest.mark.parametrize("words", [200, 5000])
def test_every_word_that_has_the_score_is_named_and_few_others(words: int) -> None:
    rows, scales, bias = words_of(words, 60)
    bias[::2] = -torch.inf
    preview = Preview(rows, scales, bias, states_of(200, 60, seed=2), error=0.0)
    rows = rows * scales[:, None]
    for hidden in states_of(20, 60, seed=6):
        scores = rows @ hidden + bias
        for score in scores.sort(descending=True).values[[0, 5, 40]].tolist():
            named = preview.not_below([score], hidden[None])[0].tolist()
            truly = (scores >= score).nonzero()[:, 0].tolist()
            assert set(truly) <= set(named)
            assert len(named) <= len(truly) + words / 50
        assert len(preview.not_below([float(scores.max()) + 1], hidden[None])[0]) == 0
        assert len(preview.not_below([-torch.inf], hidden[None])[0]) == words
