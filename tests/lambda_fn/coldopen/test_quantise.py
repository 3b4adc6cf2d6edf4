"""Serving weights: near the trained ones, the same each time, and in a file as they are in memory."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from safetensors.torch import load, save

from coldopen.network import NetworkConfig
from coldopen.quantise import FIRST_BLOCK, serving_weights
from coldopen.serving_weights import Rows, ServingWeights, from_tensors, to_tensors
from tests.lambda_fn.coldopen.networks import BLOCK_SIZE, configs, of_any_shape, weights

SMALL = NetworkConfig(200, 12, 20, 2, 0.5, proj_size=8)


def of(config: NetworkConfig) -> ServingWeights:
    return serving_weights(config, weights(config), BLOCK_SIZE)


def near(rows: Rows, weight: torch.Tensor) -> bool:
    """Whether rows are a weight, multiplied by a power of two, to half a step."""
    weight = weight * 2 ** round((rows.floats().norm() / weight.norm()).log2().item())
    step = weight.abs().amax(dim=1, keepdim=True) / 127
    return bool(((rows.floats() - weight).abs() <= 0.501 * step + 1e-9).all())


@of_any_shape
@given(config=configs())
def test_each_matrix_is_near_the_trained_one(config: NetworkConfig) -> None:
    state_dict, served = weights(config), of(config)
    output = state_dict["embedding.weight" if config.tied else "fc.weight"]
    assert near(served.embedding, state_dict["embedding.weight"])
    assert near(served.output, output)
    assert torch.equal(served.bias, state_dict["fc.bias"])
    for layer, cell in enumerate(served.cells):
        assert (cell.projection is None) == (not config.proj_size)
        bias = state_dict[f"lstm.bias_ih_l{layer}"] + state_dict[f"lstm.bias_hh_l{layer}"]
        bias[2 * config.hidden_size : 3 * config.hidden_size] *= 2
        assert torch.equal(cell.bias, bias)
    assert served.first_block == min(BLOCK_SIZE, config.vocabulary_size)
    assert (served.preview is None) == (config.vocabulary_size <= BLOCK_SIZE)


@of_any_shape
@given(config=configs())
def test_a_file_holds_them_as_they_are_and_what_is_tied_once(config: NetworkConfig) -> None:
    served = of(config)
    data = save(to_tensors(served, config.tied))
    read = from_tensors(load(data), config)
    assert save(to_tensors(read, config.tied)) == data
    assert ("embedding.int8" in load(data)) != config.tied
    assert torch.equal(read.embedding.floats(), served.embedding.floats())
    assert read.first_block == served.first_block


def test_the_same_weights_give_the_same_bytes() -> None:
    assert save(to_tensors(of(SMALL), tied=False)) == save(to_tensors(of(SMALL), tied=False))


def test_half_precision_is_quantised_as_what_it_holds() -> None:
    half = {name: tensor.half() for name, tensor in weights(SMALL).items()}
    full = {name: tensor.float() for name, tensor in half.items()}
    made = [save(to_tensors(serving_weights(SMALL, each), tied=False)) for each in (half, full)]
    assert made[0] == made[1]


def test_a_small_vocabulary_needs_no_preview() -> None:
    assert serving_weights(SMALL, weights(SMALL)).preview is None
    larger = NetworkConfig(FIRST_BLOCK + 1, 4, 4, 1, 0.0)
    assert serving_weights(larger, weights(larger)).first_block == FIRST_BLOCK


@pytest.mark.parametrize(
    ("name", "tensor", "message"),
    [
        ("output.int8", None, "output.int8 is missing"),
        ("preview.turn", None, "preview.turn is missing"),
        (
            "gates_l1.scales",
            torch.ones(5),
            r"gates_l1.scales is \(5,\) of torch.float32, where .* \(80,\)",
        ),
        ("output.int8", torch.ones(200, 8), r"output.int8 is \(200, 8\) of torch.float32, .* of torch.int8"),
        ("output.bias", torch.full((200,), torch.nan), "output.bias holds values that are infinite or not numbers"),
        ("preview.slack", torch.full((136,), torch.inf), "preview.slack holds values that are infinite"),
        ("fc.weight", torch.ones(1), "fc.weight does not belong to this network"),
    ],
)
def test_what_is_not_the_network_s_is_refused(name: str, tensor: torch.Tensor | None, message: str) -> None:
    tensors = to_tensors(of(SMALL), tied=False)
    if tensor is None:
        del tensors[name]
    else:
        tensors[name] = tensor
    with pytest.raises(ValueError, match=message):
        from_tensors(tensors, SMALL)
