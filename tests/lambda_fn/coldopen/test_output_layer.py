"""The output layer: what it finds is what the whole layer would give, with and without its preview."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import cast

import pytest
import torch
from hypothesis import given
from hypothesis.strategies import sampled_from
from torch import Tensor

from coldopen.engine import DecoderState, Engine
from coldopen.network import NetworkConfig
from coldopen.output_layer import LatePreview, OutputLayer
from coldopen.preview import Preview
from coldopen.sampling import Sampling
from tests.lambda_fn.coldopen.networks import (
    BLOCK_SIZE,
    configs,
    engine_of,
    of_any_shape,
    state_after,
    weights,
    written,
)


def with_preview(engine: Engine, not_below: Callable[[Sequence[float], Tensor], list[Tensor]]) -> Engine:
    """The engine with another preview, made already."""
    late = LatePreview(lambda: cast(Preview, SimpleNamespace(not_below=not_below)))
    late.now()
    other = copy.copy(engine)
    other.output_layer = OutputLayer(engine.output_layer.blocks, late)
    return other


@of_any_shape
@given(config=configs(), top_k=sampled_from([1, 5, 40, 64, 65, 10**6]))
@torch.inference_mode()
def test_the_likeliest_words_are_those_of_the_whole_layer(config: NetworkConfig, top_k: int) -> None:
    engine, count = engine_of(config), min(top_k, config.vocabulary_size)
    assert (engine.preview is None) == (config.vocabulary_size <= BLOCK_SIZE)  # made now
    state, latest = DecoderState(engine), 0
    for _ in range(12):
        state.step(latest)
        expected = state.logits().topk(count)
        ((logits, ids),) = state.top(count)
        assert logits == expected.values.tolist()
        assert ids == expected.indices.tolist()
        latest = ids[-1]


@pytest.mark.parametrize("int8", [True, False])
def test_with_and_without_preview_the_same_words_are_written(int8: bool, request: pytest.FixtureRequest) -> None:
    if not int8:
        request.getfixturevalue("without_int8")
    config = NetworkConfig(1500, 30, 50, 2, 0.5)
    engine = engine_of(config)
    preview, sampling = engine.preview, Sampling(temperature=1.5)
    assert preview is not None
    named: list[int] = []

    def watched(scores: Sequence[float], hidden: Tensor) -> list[Tensor]:
        further = torch.cat([block(hidden) for block in engine.output_layer.blocks[1:]], dim=1)
        assert bool((further <= preview.bounds(hidden)).all())
        indices = preview.not_below(scores, hidden)
        named.append(len(indices[0]))
        return indices

    everything = torch.arange(config.vocabulary_size - BLOCK_SIZE)
    by_preview = written(with_preview(engine, watched), 500, sampling)
    by_all = written(with_preview(engine, lambda *_: [everything]), 500, sampling)
    assert by_preview == by_all
    assert len(set(by_preview)) > 20
    assert max(named) > 0, "every word was always ruled out: the choice among several blocks was never tried"
    assert sum(named) < 500 * len(everything) / 10, "the preview rules out next to nothing"


def test_the_preview_is_made_after_the_first_words_and_changes_none() -> None:
    config, sampling = NetworkConfig(1500, 30, 50, 2, 0.5), Sampling(temperature=1.5)
    at_once, later = engine_of(config), engine_of(config)
    real, made = at_once.preview, []
    assert real is not None

    def make() -> Preview:
        made.append(real)
        return real

    later.output_layer = OutputLayer(later.output_layer.blocks, LatePreview(make))
    words = written(later, 300, sampling)
    assert not made, "a cold start waits for it"
    assert words == written(at_once, 300, sampling)
    assert written(later, 200, sampling) == words[:201]
    assert len(made) == 1


@pytest.mark.parametrize("barred", [0, 100])
@torch.inference_mode()
def test_a_word_whose_bias_is_minus_infinity_comes_last(barred: int) -> None:
    config = NetworkConfig(200, 20, 30, 1, 0.5)
    state_dict = weights(config)
    state_dict["fc.bias"][barred] = -torch.inf
    state = state_after(engine_of(config, state_dict), [3, barred])
    ((logits, ids),) = state.top(200)
    assert (logits[-1], ids[-1]) == (-math.inf, barred)
    assert barred not in state.top(60)[0][1]


def test_a_late_preview_is_made_once_after_300_words() -> None:
    made: list[Preview] = []

    def make() -> Preview:
        made.append(Preview(torch.ones(5, 4), torch.ones(5), torch.zeros(5), torch.eye(4), error=0.0))
        return made[-1]

    late = LatePreview(make)
    assert [late.when_due(3) for _ in range(100)] == [None] * 100
    assert not made
    assert late.when_due(1) is late.when_due(3) is late.now() is made[0]
    assert len(made) == 1
    assert LatePreview(make).now() is made[1]
