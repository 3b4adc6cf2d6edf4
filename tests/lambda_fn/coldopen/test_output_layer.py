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
from coldopen.output_layer import OutputLayer
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
    """The engine with another preview."""
    other = copy.copy(engine)
    preview = cast(Preview, SimpleNamespace(not_below=not_below))
    layer = engine.output_layer
    other.output_layer = OutputLayer(layer.first, layer.first_size, layer.further, layer.block_size, preview)
    return other


@of_any_shape
@given(config=configs(), top_k=sampled_from([1, 5, 40, 64, 65, 10**6]))
@torch.inference_mode()
def test_the_likeliest_words_are_those_of_the_whole_layer(config: NetworkConfig, top_k: int) -> None:
    engine, count = engine_of(config), min(top_k, config.vocabulary_size)
    assert (engine.output_layer.preview is None) == (config.vocabulary_size <= BLOCK_SIZE)
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
    preview, sampling = engine.output_layer.preview, Sampling(temperature=1.5)
    assert preview is not None
    named: list[int] = []

    def watched(scores: Sequence[float], hidden: Tensor) -> list[Tensor]:
        further = torch.cat([block(hidden) for block in engine.output_layer.further], dim=1)
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
