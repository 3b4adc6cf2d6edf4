"""The engine against the plain network, and its preview against the whole output layer."""

from __future__ import annotations

import copy
import math
import random
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import cast

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings, strategies
from hypothesis.strategies import DrawFn, booleans, integers, just, lists, sampled_from
from torch import Tensor

from coldopen import engine as engine_module
from coldopen.engine import DecoderState, Engine
from coldopen.network import NetworkConfig, ScriptNetwork, serving_network
from coldopen.output_layer import LatePreview, OutputLayer
from coldopen.preview import Preview
from coldopen.sampling import Sampling, sample


@strategies.composite
def configs(draw: DrawFn) -> NetworkConfig:
    """Networks of any small shape, with and without each of their optional parts."""
    hidden_size, tied = draw(integers(2, 90)), draw(booleans())
    proj_size = draw(just(0) | integers(1, hidden_size - 1))
    return NetworkConfig(
        vocabulary_size=draw(integers(2, 600)),
        embedding_dim=proj_size or hidden_size if tied else draw(integers(1, 70)),
        hidden_size=hidden_size,
        num_layers=draw(integers(1, 3)),
        dropout=0.5,
        proj_size=proj_size,
        tied=tied,
    )


BLOCK_SIZE = 64
"""So small that a small vocabulary has many blocks, and the last of them is not full."""

# a missing int8 engine is missing in every example
of_any_shape = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def without_int8(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "int8_engine", lambda: None)


def weights(config: NetworkConfig, seed: int = 0) -> dict[str, Tensor]:
    """Random weights under which some words are likelier than others, the first ones above all, as in a trained one."""
    torch.manual_seed(seed)
    state_dict = ScriptNetwork(config).state_dict()
    for name in state_dict:
        if name.startswith("lstm.weight"):
            state_dict[name] *= 2
    state_dict["embedding.weight" if config.tied else "fc.weight"] *= 4
    state_dict["fc.bias"] -= torch.linspace(0, 6, config.vocabulary_size)
    return state_dict


def engine_of(config: NetworkConfig, state_dict: dict[str, Tensor] | None = None) -> Engine:
    return Engine(config, state_dict or weights(config), block_size=BLOCK_SIZE)


@torch.inference_mode()
def plain_logits(config: NetworkConfig, state_dict: dict[str, Tensor], ids: list[int]) -> Tensor:
    logits: Tensor = serving_network(config, state_dict)(torch.tensor([ids]))[0]
    return logits[0, -1]


@torch.inference_mode()
def state_after(engine: Engine, ids: list[int]) -> DecoderState:
    state = DecoderState(engine)
    for id in ids:
        state.step(id)
    return state


@torch.inference_mode()
def written(engine: Engine, length: int, sampling: Sampling) -> list[int]:
    rng, ids, state = random.Random(1), [1], DecoderState(engine)
    for _ in range(length):
        state.step(ids[-1])
        ((logits, candidates),) = state.top(sampling.top_k)
        ids.append(candidates[sample(logits, sampling, rng.random())])
    return ids


def with_preview(engine: Engine, not_below: Callable[[Sequence[float], Tensor], list[Tensor]]) -> Engine:
    """The engine with another preview, made already."""
    late = LatePreview(lambda: cast(Preview, SimpleNamespace(not_below=not_below)))
    late.now()
    other = copy.copy(engine)
    other.output_layer = OutputLayer(engine.output_layer.blocks, late)
    return other


@of_any_shape
@given(config=configs())
@torch.inference_mode()
def test_int8_logits_are_near_the_plain_networks(config: NetworkConfig) -> None:
    assume(config.output_size >= 4)  # of fewer numbers, the rounding of one is much
    state_dict, ids = weights(config), [index % config.vocabulary_size for index in range(0, 60, 3)]
    engine, expected = engine_of(config, state_dict), plain_logits(config, state_dict, ids)
    assert engine.int8, "this machine has no int8 engine: nothing is compared"
    logits = state_after(engine, ids).logits()
    assert logits.shape == expected.shape
    assert (logits - expected).norm() <= 0.03 * expected.norm()


@pytest.mark.usefixtures("without_int8")
@of_any_shape
@given(config=configs())
@torch.inference_mode()
def test_without_an_int8_engine_the_logits_are_the_plain_networks(config: NetworkConfig) -> None:
    state_dict, ids = weights(config), [index % config.vocabulary_size for index in range(0, 60, 3)]
    engine = engine_of(config, state_dict)
    assert "float32" in engine.name
    torch.testing.assert_close(
        state_after(engine, ids).logits(), plain_logits(config, state_dict, ids), rtol=1e-4, atol=1e-4
    )


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


@torch.inference_mode()
def test_the_same_weights_make_the_same_engine() -> None:
    config = NetworkConfig(900, 20, 30, 2, 0.5)
    first, second = (engine_of(config) for _ in range(2))
    hidden = torch.linspace(-1, 1, 30)
    assert first.preview is not None
    assert second.preview is not None
    assert torch.equal(first.preview.bounds(hidden[None]), second.preview.bounds(hidden[None]))
    assert written(first, 200, Sampling()) == written(second, 200, Sampling())


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


def check_texts_in_step(config: NetworkConfig, texts: list[list[int]]) -> None:
    engine = engine_of(config)
    assert engine.preview is not None or config.vocabulary_size <= BLOCK_SIZE  # made now
    count = min(5, config.vocabulary_size)
    together, alone = DecoderState(engine, len(texts)), [DecoderState(engine) for _ in texts]
    for ids in zip(*([id % config.vocabulary_size for id in text] for text in texts), strict=True):
        together.step(*ids)
        for state, id in zip(alone, ids, strict=True):
            state.step(id)
        assert torch.equal(together.output, torch.cat([state.output for state in alone]))
        assert together.top(count) == [state.top(count)[0] for state in alone]


some_texts = integers(1, 8).flatmap(
    lambda texts: lists(lists(integers(0, 599), min_size=6, max_size=6), min_size=texts, max_size=texts)
)


@of_any_shape
@given(config=configs(), texts=some_texts)
@torch.inference_mode()
def test_texts_read_in_step_have_the_same_numbers_as_alone(config: NetworkConfig, texts: list[list[int]]) -> None:
    check_texts_in_step(config, texts)


@pytest.mark.usefixtures("without_int8")
@of_any_shape
@given(config=configs(), texts=some_texts)
@torch.inference_mode()
def test_texts_read_in_step_have_the_same_numbers_in_float32_too(config: NetworkConfig, texts: list[list[int]]) -> None:
    check_texts_in_step(config, texts)


@given(config=configs())
@settings(of_any_shape, max_examples=10)
@torch.inference_mode()
def test_copies_go_on_where_a_text_was(config: NetworkConfig) -> None:
    engine = engine_of(config)
    copies = state_after(engine, [0, 1]).copies(2)
    copies.step(1, 0)
    assert torch.equal(copies.output[:1], state_after(engine, [0, 1, 1]).output)
    assert torch.equal(copies.output[1:], state_after(engine, [0, 1, 0]).output)


@torch.inference_mode()
def test_embeddings_of_any_size_are_read_as_exactly() -> None:
    config = NetworkConfig(60, 40, 50, 1, 0.5)
    ids = [1, 2, 3, 4, 5]
    for size in (0.0, 1e-3, 30.0):
        state_dict = weights(config)
        state_dict["embedding.weight"] *= size
        state_dict["lstm.weight_ih_l0"] /= size or 1
        expected = plain_logits(config, state_dict, ids)
        logits = state_after(engine_of(config, state_dict), ids).logits()
        assert (logits - expected).norm() <= 0.03 * expected.norm()


def test_weights_of_zero_make_an_engine_too() -> None:
    config = NetworkConfig(300, 20, 30, 2, 0.5)
    engine = engine_of(config, {name: torch.zeros(shape) for name, shape in config.shapes().items()})
    assert len(written(engine, 5, Sampling())) == 6


def test_int8_layers_meet_one_row_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    dynamic, met = torch.ops.quantized.linear_dynamic, set[int]()

    def watched(inputs: Tensor, *others: object) -> object:
        met.add(len(inputs))
        return dynamic(inputs, *others)

    monkeypatch.setattr(torch.ops.quantized, "linear_dynamic", watched)
    config = NetworkConfig(300, 20, 30, 2, 0.5)
    engine = engine_of(config)
    written(engine, 50, Sampling())
    with torch.inference_mode():
        state = DecoderState(engine, num_texts=3)
        state.step(1, 2, 3)
        state.top(5)
    assert met == {1}, "on arm64 a layer is right only for the number of rows that it met first"
