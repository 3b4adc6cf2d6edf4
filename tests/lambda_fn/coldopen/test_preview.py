"""The preview's bounds: they always hold, and on hidden states like its sample they are tight."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import Tensor

from coldopen.linear import (
    HIDDEN,
    JOINT_ERROR,
    PROJECTED,
    Reading,
    Steps,
    int8_engine,
    joint_linear,
    served_linear,
    served_reading,
)
from coldopen.preview import Preview
from coldopen.preview_fit import fit_preview
from coldopen.serving_weights import Rows

AS_THEY_COME = Reading(lambda inputs: inputs, JOINT_ERROR)
"""How a layer reads that quantises inputs as they come."""

ENGINES = pytest.mark.parametrize("engine", [int8_engine(), None])


def states_of(count: int, hidden_size: int, seed: int) -> Tensor:
    """Hidden states, most of whose variance lies in few directions."""
    generator = torch.Generator().manual_seed(seed)
    spread = 1 / torch.arange(1, hidden_size + 1)
    return (torch.randn(count, hidden_size, generator=generator) * spread).clamp(-1, 1)


def words_of(count: int, hidden_size: int) -> tuple[Rows, Tensor]:
    """Output rows and bias of so many words."""
    generator = torch.Generator().manual_seed(1)
    rows = torch.randint(-127, 128, (count, hidden_size), generator=generator).to(torch.int8)
    scales = 0.01 + 0.01 * torch.rand(count, generator=generator)
    return Rows(rows, scales), torch.randn(count, generator=generator)


def preview_of(
    output: Rows, bias: Tensor, states: Tensor, engine: str | None, reading: Reading = AS_THEY_COME
) -> Preview:
    """A preview that is fitted to some states."""
    return Preview(fit_preview(output, states), output, bias, partial(joint_linear, engine=engine), reading)


@ENGINES
@pytest.mark.parametrize("hidden_size", [1, 7, 63, 64, 65, 90, 256])
@pytest.mark.parametrize("words", [1, 83, 3000])
def test_no_word_exceeds_its_bound(hidden_size: int, words: int, engine: str | None) -> None:
    output, bias = words_of(words, hidden_size)
    preview = preview_of(output, bias, states_of(100, hidden_size, seed=2), engine)
    rows = output.floats()
    foreign = torch.rand(50, hidden_size, generator=torch.Generator().manual_seed(3)) * 2 - 1
    for hidden in (*states_of(50, hidden_size, seed=4), *foreign, torch.zeros(hidden_size), torch.ones(hidden_size)):
        for scaled in (hidden, 0.01 * hidden, 100 * hidden):
            (bounds,) = preview.bounds(scaled[None])
            assert bounds.shape == (words,)
            assert bool((rows @ scaled + bias <= bounds).all())


@ENGINES
def test_the_bounds_hold_for_states_that_are_off_by_what_an_int8_layer_may_be(engine: str | None) -> None:
    output, bias = words_of(60, 60)
    states = states_of(80, 60, seed=2)
    preview, rows = preview_of(output, bias, states, engine), output.floats()
    for hidden in states:
        worst = rows @ hidden + rows.abs().sum(dim=1) * JOINT_ERROR * hidden.abs().max() + bias
        assert bool((worst <= preview.bounds(hidden[None])).all())


@ENGINES
@pytest.mark.parametrize("steps", [HIDDEN, PROJECTED])
@pytest.mark.parametrize("size", [0.01, 1, 4])
def test_no_word_exceeds_its_bound_in_a_layer_that_rounds(steps: Steps, size: float, engine: str | None) -> None:
    output, bias = words_of(300, 60)
    states = size * states_of(80, 60, seed=2)  # of size 4 some are outside of what can be read
    preview = preview_of(output, bias, states, engine, served_reading(steps, engine))
    scores = served_linear(output, bias, steps, engine)(states)
    for hidden, row in zip(states, scores, strict=True):
        assert bool((row <= preview.bounds(hidden[None])[0]).all())
        for score in row.sort(descending=True).values[[0, 5, 40]].tolist():
            truly = (row >= score).nonzero()[:, 0].tolist()
            assert set(truly) <= set(preview.not_below([score], hidden[None])[0].tolist())


@ENGINES
def test_rows_of_zero_and_one_large_number_have_bounds_too(engine: str | None) -> None:
    output, bias = words_of(100, 80)
    output.int8[3] = 0
    output.scales[4] = 1e-12
    output.scales[5] = 1e4
    states = states_of(80, 80, seed=2)
    preview, rows = preview_of(output, bias, states, engine), output.floats()
    for hidden in states:
        assert bool((rows @ hidden + bias <= preview.bounds(hidden[None])).all())


@ENGINES
def test_on_states_like_the_sample_the_bounds_are_tight(engine: str | None) -> None:
    output, bias = words_of(100, 128)
    preview, rows = preview_of(output, bias, states_of(400, 128, seed=2), engine), output.floats()
    slack, alone = [], []  # the latter: of Cauchy-Schwarz on whole rows
    for hidden in states_of(50, 128, seed=5):
        slack.append(preview.bounds(hidden[None])[0] - (rows @ hidden + bias))
        alone.append(rows.norm(dim=1) * hidden.norm() - rows @ hidden)
    assert torch.cat(slack).mean() < torch.cat(alone).mean() / 4


@ENGINES
def test_bounds_of_texts_side_by_side_hold_for_each(engine: str | None) -> None:
    output, bias = words_of(200, 100)
    preview, hidden = preview_of(output, bias, states_of(100, 100, seed=2), engine), states_of(5, 100, seed=3)
    hidden[2] *= 50
    assert bool((hidden @ output.floats().T + bias <= preview.bounds(hidden)).all())


@pytest.mark.parametrize("words", [200, 5000])
def test_every_word_that_has_the_score_is_named_and_few_others(words: int) -> None:
    output, bias = words_of(words, 60)
    bias[::2] = -torch.inf
    preview, rows = preview_of(output, bias, states_of(200, 60, seed=2), int8_engine()), output.floats()
    for hidden in states_of(20, 60, seed=6):
        scores = rows @ hidden + bias
        for score in scores.sort(descending=True).values[[0, 5, 40]].tolist():
            named = preview.not_below([score], hidden[None])[0].tolist()
            truly = (scores >= score).nonzero()[:, 0].tolist()
            assert set(truly) <= set(named)
            assert len(named) <= len(truly) + words / 10
        assert len(preview.not_below([float(scores.max()) + 1], hidden[None])[0]) == 0
        assert preview.not_below([-torch.inf], hidden[None])[0].tolist() == list(range(1, words, 2))
