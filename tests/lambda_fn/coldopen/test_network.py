"""The network's shapes and names are those of the original's torch module."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
import torch

from coldopen.network import NetworkConfig, ScriptNetwork, serving_network

ORIGINAL = NetworkConfig(vocabulary_size=21388, embedding_dim=250, hidden_size=256, num_layers=2, dropout=0.5)
SMALL = NetworkConfig(vocabulary_size=11, embedding_dim=5, hidden_size=7, num_layers=3, dropout=0.5)


PROJECTED = replace(SMALL, proj_size=4)
TIED = replace(SMALL, embedding_dim=7, tied=True)
BOTH = replace(SMALL, proj_size=5, tied=True)


@pytest.mark.parametrize("config", [SMALL, PROJECTED, TIED, BOTH], ids=str)
def test_the_config_names_the_state_dict_that_torch_makes(config: NetworkConfig) -> None:
    state_dict = ScriptNetwork(config).state_dict()
    assert config.shapes() == {name: tuple(tensor.shape) for name, tensor in state_dict.items()}
    assert NetworkConfig.of(state_dict) == config


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"proj_size": 7}, "proj_size is 7; it must be a whole number from 0 to 6"),
        ({"proj_size": -1}, "proj_size is -1"),
        ({"hidden_size": True}, "hidden_size is True"),
        ({"dropout": 1}, "dropout is 1; it must be at least 0 and below 1"),
        ({"tied": 1}, "tied is 1; it must be true or false"),
        ({"tied": True}, "embedding_dim is 5 and the LSTM's output has 7"),
        ({"tied": True, "proj_size": 4}, "embedding_dim is 5 and the LSTM's output has 4"),
    ],
)
def test_numbers_that_make_no_network_are_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(SMALL, **change)


@pytest.mark.parametrize("assign", [True, False])
def test_a_tied_weight_is_held_once_and_stays_tied(assign: bool) -> None:
    network, other = ScriptNetwork(TIED), copy.deepcopy(ScriptNetwork(TIED))
    state_dict = network.state_dict()
    other.load_state_dict(state_dict, assign=assign)
    assert "fc.weight" not in state_dict
    assert other.fc.weight is other.embedding.weight
    assert torch.equal(other.fc.weight, network.fc.weight)
    other.fc(torch.ones(1, 7)).sum().backward()
    assert other.embedding.weight.grad is not None
    with pytest.raises(RuntimeError, match=r'Unexpected key\(s\) in state_dict: "fc.weight"'):
        other.load_state_dict({**state_dict, "fc.weight": torch.zeros(11, 7)})


def test_the_original_s_network_is_the_original_s() -> None:
    assert "\n".join(f"{name}: {module}" for name, module in ScriptNetwork(ORIGINAL).named_children()) == (
        "embedding: Embedding(21388, 250)\n"
        "lstm: LSTM(250, 256, num_layers=2, batch_first=True)\n"
        "dropout: Dropout(p=0.5, inplace=False)\n"
        "fc: Linear(in_features=256, out_features=21388, bias=True)"
    )


@pytest.mark.parametrize("config", [SMALL, PROJECTED, TIED, BOTH], ids=str)
def test_word_by_word_with_the_state_carried_is_the_same_as_all_at_once(config: NetworkConfig) -> None:
    network = serving_network(config, ScriptNetwork(config).state_dict())
    ids = torch.randint(11, (2, 9))
    at_once, _ = network(ids)
    state, steps = None, []
    for index in range(9):
        logits, state = network(ids[:, index : index + 1], state)
        steps.append(logits)
    assert at_once.shape == (2, 9, 11)
    assert torch.allclose(torch.cat(steps, 1), at_once, atol=1e-6)


def test_half_precision_weights_serve_in_single_precision_and_without_dropout() -> None:
    state_dict = {name: tensor.half() for name, tensor in ScriptNetwork(SMALL).state_dict().items()}
    network = serving_network(SMALL, state_dict)
    ids = torch.randint(11, (1, 4))
    assert network.fc.weight.dtype == torch.float32
    assert torch.equal(network(ids)[0], network(ids)[0])


@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [
        ("fc.bias", None, r"fc\.bias is missing"),
        ("fc.bias", (12,), r"fc\.bias has shape \(12,\), not \(11,\)"),
        ("fc.weight", (11,), r"fc\.weight has shape \(11,\), not \(11, 7\)"),
        ("fc.weight", None, "embedding_dim is 5 and the LSTM's output has 7; with tied weights they must be the same"),
        ("embedding.weight", (11,), r"embedding\.weight is missing or not two-dimensional"),
        ("lstm.weight_hr_l0", (6, 7), "proj_size is 7; it must be a whole number from 0 to 6"),
        ("lstm.weight_hh_l1", None, r"lstm\.weight_hh_l1 is missing"),
        ("extra", (1,), "extra does not belong to this network"),
    ],
)
def test_a_state_dict_of_another_network_is_refused(name: str, shape: tuple[int, ...] | None, message: str) -> None:
    state_dict = dict(ScriptNetwork(SMALL).state_dict())
    if shape is None:
        del state_dict[name]
    else:
        state_dict[name] = torch.zeros(shape)
    with pytest.raises(ValueError, match=message):
        NetworkConfig.of(state_dict)
