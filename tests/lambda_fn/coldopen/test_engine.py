"""The engine against the plain network, and several texts in step against each alone."""

from __future__ import annotations

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis.strategies import integers, lists
from torch import Tensor

from coldopen.engine import DecoderState
from coldopen.network import NetworkConfig, serving_network
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


@torch.inference_mode()
def plain_logits(config: NetworkConfig, state_dict: dict[str, Tensor], ids: list[int]) -> Tensor:
    logits: Tensor = serving_network(config, state_dict)(torch.tensor([ids]))[0]
    return logits[0, -1]


@of_any_shape
@given(config=configs())
@torch.inference_mode()
def test_int8_logits_are_near_the_plain_networks(config: NetworkConfig) -> None:
    assume(config.output_size >= 8)  # of fewer numbers, the rounding of one is much
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
def test_without_an_int8_engine_the_logits_are_near_too(config: NetworkConfig) -> None:
    assume(config.output_size >= 4)
    state_dict, ids = weights(config), [index % config.vocabulary_size for index in range(0, 60, 3)]
    engine = engine_of(config, state_dict)
    assert "float32" in engine.name
    expected = plain_logits(config, state_dict, ids)
    assert (state_after(engine, ids).logits() - expected).norm() <= 0.02 * expected.norm()


@torch.inference_mode()
def test_the_same_weights_make_the_same_engine() -> None:
    config = NetworkConfig(900, 20, 30, 2, 0.5)
    first, second = (engine_of(config) for _ in range(2))
    hidden = torch.linspace(-1, 1, 30)
    assert first.output_layer.preview is not None
    assert second.output_layer.preview is not None
    assert torch.equal(
        first.output_layer.preview.bounds(hidden[None]), second.output_layer.preview.bounds(hidden[None])
    )
    assert written(first, 200, Sampling()) == written(second, 200, Sampling())


def check_texts_in_step(config: NetworkConfig, texts: list[list[int]]) -> None:
    engine = engine_of(config)
    assert engine.output_layer.preview is not None or config.vocabulary_size <= BLOCK_SIZE
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


def test_int8_layers_of_onednn_meet_one_row_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    dynamic, met = torch.ops.quantized.linear_dynamic.default, set[int]()
    operator = dynamic._op

    def watched(inputs: Tensor, *others: object) -> object:
        met.add(len(inputs))
        return operator(inputs, *others)

    monkeypatch.setattr(dynamic, "_op", watched)
    monkeypatch.setattr("coldopen.engine.int8_engine", lambda: "onednn")
    config = NetworkConfig(300, 20, 30, 2, 0.5)
    engine = engine_of(config)
    written(engine, 50, Sampling())
    with torch.inference_mode():
        state = DecoderState(engine, num_texts=3)
        state.step(1, 2, 3)
        state.top(5)
    assert met == {1}, "on arm64 a layer is right only for the number of rows that it met first"
