"""Networks whose layers have other names, wrappers and parts: they write as they did, or are named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations, prune
from torch.optim.swa_utils import AveragedModel

from coldopen.network import NetworkConfig, serving_network
from tests.training.elsewhere.networks import WORDS, Foreign, logits_of
from training.elsewhere.errors import ForeignModelError
from training.elsewhere.layers import with_our_names

Weights = dict[str, Tensor]
SIZE = len(WORDS)


def prefixed(prefix: str) -> Callable[[Foreign], Weights]:
    return lambda network: {f"{prefix}{name}": tensor for name, tensor in network.state_dict().items()}


def without(*names: str) -> Callable[[Foreign], Weights]:
    return lambda network: {key: value for key, value in network.state_dict().items() if key not in names}


def same_logits(network: nn.Module, weights: Weights) -> bool:
    named = with_our_names(weights, "model.pt")
    ours = serving_network(NetworkConfig.of(named.tensors), named.tensors)
    return torch.allclose(logits_of(ours), logits_of(network), atol=1e-5)


@pytest.mark.parametrize(
    "weights_of",
    [
        prefixed(""),
        prefixed("module."),
        prefixed("_orig_mod."),
        prefixed("net."),
        prefixed("model._orig_mod.module.net."),
        lambda network: AveragedModel(network).state_dict(),
        lambda network: {
            name.replace("lstm.", "lstm._orig_mod."): value for name, value in network.state_dict().items()
        },
        lambda network: {**prefixed("model.")(network), "criterion.weight": torch.ones(SIZE)},
        lambda network: {**network.state_dict(), "h0": torch.zeros(2, 1, 16)},
        lambda network: {**network.state_dict(), "bn.num_batches_tracked": torch.tensor(3)},
    ],
)
def test_what_wraps_a_network_is_taken_off(weights_of: Callable[[Foreign], Weights]) -> None:
    network = Foreign()
    assert same_logits(network, weights_of(network))


@pytest.mark.parametrize(
    "names",
    [
        ("encoder", "rnn", "decoder"),
        ("word_embeddings", "lstm", "fc1"),
        ("emb", "LSTM", "linear"),
        ("wte", "layers", "lm_head"),
        ("decoder", "fc", "encoder"),
    ],
)
def test_layers_are_told_by_their_shapes(names: tuple[str, str, str]) -> None:
    network = Foreign(names=names)
    assert same_logits(network, network.state_dict())
    notes = with_our_names(network.state_dict(), "model.pt").notes
    assert notes == [f"read {names[0]} as the embedding, {names[1]} as the LSTM, {names[2]} as the output layer"]


def test_where_two_shapes_fit_names_decide_or_nobody() -> None:
    told = Foreign(dim=16, names=("embed", "lstm", "decoder"), output_bias=False)
    assert same_logits(told, told.state_dict())
    untold = Foreign(dim=16, names=("a", "b", "c"))
    with pytest.raises(ForeignModelError, match=r"more than one way: .* may be a and c or c and a; name them"):
        with_our_names(without("c.bias")(untold), "model.pt")


def test_weights_that_are_tied_are_kept_once() -> None:
    network = Foreign(dim=16)
    network.get_submodule("fc").weight = network.get_submodule("embed").weight
    for weights in (network.state_dict(), without("fc.weight")(network)):
        named = with_our_names(weights, "model.pt")
        assert "fc.weight" not in named.tensors
        assert same_logits(network, weights)


def test_tied_weights_need_no_output_layer_of_their_own() -> None:
    network = Foreign(dim=16, output_bias=False)
    network.get_submodule("fc").weight = network.get_submodule("embed").weight
    assert same_logits(network, without("fc.weight")(network))


def test_biases_that_were_left_out_are_zeros() -> None:
    network = Foreign(lstm_bias=False, output_bias=False)
    assert same_logits(network, network.state_dict())
    assert with_our_names(network.state_dict(), "model.pt").notes == [
        "lstm has no bias_ih_l0, bias_hh_l0, bias_ih_l1, bias_hh_l1: zeros take their place",
        "fc has no bias: zeros take its place",
    ]


def test_a_cell_is_an_lstm_of_one_layer() -> None:
    cell, lstm = nn.LSTMCell(8, 16), nn.LSTM(8, 16)
    lstm.load_state_dict({f"{name}_l0": tensor for name, tensor in cell.state_dict().items()})
    parts: dict[str, nn.Module] = {"embed": nn.Embedding(SIZE, 8), "lstm": cell, "fc": nn.Linear(16, SIZE)}
    named = with_our_names(nn.ModuleDict(parts).state_dict(), "model.pt")
    assert all(torch.equal(named.tensors[f"lstm.{name}"], tensor) for name, tensor in lstm.state_dict().items())


def modules(**further: nn.Module | None) -> Weights:
    """The weights of a network of other parts; None leaves a part out."""
    usual = {"embed": nn.Embedding(SIZE, 8), "lstm": nn.LSTM(8, 16), "fc": nn.Linear(16, SIZE)}
    parts: dict[str, nn.Module | None] = {**usual, **further}
    return nn.ModuleDict({name: part for name, part in parts.items() if part}).state_dict()


def pruned(layer: nn.Module) -> nn.Module:
    prune.identity(layer, "weight")  # type: ignore[no-untyped-call]
    return layer


def learnt_state() -> Weights:
    return {**modules(), "h0": torch.ones(1, 1, 16)}


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (lambda: modules(lstm=nn.GRU(8, 16)), "lstm is a GRU, and this network is an LSTM"),
        (lambda: modules(lstm=nn.RNN(8, 16)), "lstm is a plain RNN, and this network is an LSTM"),
        (lambda: Foreign(bidirectional=True).state_dict(), "lstm is bidirectional"),
        (lambda: modules(bn=nn.BatchNorm1d(16)), r"has no place for: bn \(batch normalisation\)"),
        (lambda: modules(norm=nn.LayerNorm(16)), r"has no place for: norm \(layer normalisation"),
        (lambda: modules(fc1=nn.Linear(16, 16)), r"has no place for: fc1 \(a linear layer, 16 to 16\)"),
        (lambda: modules(attn=nn.MultiheadAttention(16, 2)), r"has no place for: attn \(attention\)"),
        (lambda: modules(lstm2=nn.LSTM(16, 16)), r"holds 2 recurrent modules \(lstm, lstm2\)"),
        (lambda: modules(lstm=nn.LSTM(SIZE, 16), embed=None), f"has no embedding of {SIZE} numbers a word"),
        (lambda: modules(fc=None), "has no output layer from the LSTM's 16 numbers to the words of embed"),
        (lambda: modules(fc=nn.Linear(32, SIZE)), r"has no output layer .* fc \(a linear layer, 32 to 20\)"),
        (lambda: modules(lstm=None), r"holds no LSTM, and this network is one; it has embed \("),
        (lambda: nn.Conv2d(3, 4, 3).state_dict(), r"holds no LSTM, .* \(a convolution, \(4, 3, 3, 3\)\)"),
        (learnt_state, r"has no place for: the network itself \(h0 \(1, 1, 16\)\)"),
        (lambda: modules(fc=parametrizations.weight_norm(nn.Linear(16, SIZE))), "its weight is normalised or pruned"),
        (lambda: modules(fc=pruned(nn.Linear(16, SIZE))), "its weight is normalised or pruned"),
        (lambda: {**modules(), "fc.weight": torch.ones(SIZE, 16, dtype=torch.int8)}, "fc.weight is int8, so the model"),
        (lambda: {**modules(), "fc.weight": torch.ones(SIZE, 16).to_sparse()}, "fc.weight is sparse, quantised"),
    ],
)
def test_another_network_is_named_for_what_it_is(weights: Callable[[], Any], message: str) -> None:
    with pytest.raises(ForeignModelError, match=message) as refusal:
        with_our_names(weights(), "model.pt")
    assert "\n" not in str(refusal.value)
