"""The form that serves, against the plain network."""

from __future__ import annotations

import pytest
import torch

from coldopen import engine as engine_module
from coldopen.network import NetworkConfig, ScriptNetwork
from tests.lambda_fn.coldopen.networks import engine_of
from training.evaluation.perplexity import carried_perplexity
from training.evaluation.served import compare_served


@pytest.fixture
def telling_network() -> ScriptNetwork:
    """A network with clear likes: its random weights make hidden states of the size that training gives them."""
    torch.manual_seed(4)
    network = ScriptNetwork(NetworkConfig(300, 32, 64, 2, 0.5)).eval().requires_grad_(False)
    for weight in network.lstm.parameters():
        weight.mul_(3)
    network.fc.weight.mul_(3)
    return network


def test_the_served_form_is_nearly_as_good_as_the_plain_network(telling_network: ScriptNetwork) -> None:
    words = torch.randint(300, (700,), generator=torch.Generator().manual_seed(3))
    engine = engine_of(telling_network.config, telling_network.state_dict())
    form = compare_served(telling_network, engine, words)
    assert engine.int8
    assert form.words == 699
    assert form.plain_perplexity == pytest.approx(carried_perplexity(telling_network, words), rel=1e-5)
    assert form.served_perplexity != form.plain_perplexity
    assert form.served_perplexity == pytest.approx(form.plain_perplexity, rel=0.003)
    assert 0.9 <= form.greedy_agreement <= 1  # untrained, it is seldom sure which word it likes best
    assert 0.93 <= form.likeliest_overlap <= 1


def test_without_int8_the_served_form_is_near_too(
    telling_network: ScriptNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "int8_engine", lambda: None)
    words = torch.randint(300, (600,), generator=torch.Generator().manual_seed(3))
    form = compare_served(telling_network, engine_of(telling_network.config, telling_network.state_dict()), words)
    assert form.served_perplexity != form.plain_perplexity
    assert form.served_perplexity == pytest.approx(form.plain_perplexity, rel=0.003)
    assert form.greedy_agreement >= 0.97


def test_another_network_s_engine_is_found_out(telling_network: ScriptNetwork) -> None:
    words = torch.randint(300, (600,), generator=torch.Generator().manual_seed(3))
    other = {**telling_network.state_dict(), "fc.weight": telling_network.fc.weight.flip(0)}
    form = compare_served(telling_network, engine_of(telling_network.config, other), words)
    assert form.greedy_agreement < 0.1
    assert form.likeliest_overlap < 0.1
