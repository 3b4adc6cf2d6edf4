"""Perplexity, against values that follow from its definition."""

from __future__ import annotations

import pytest
import torch

from coldopen import engine as engine_module
from coldopen.engine import Engine
from coldopen.network import NetworkConfig, ScriptNetwork
from training.evaluation import carried_perplexity, carried_predictions, compare_served, windowed_nats


@pytest.fixture
def network() -> ScriptNetwork:
    torch.manual_seed(1)
    return ScriptNetwork(NetworkConfig(11, 5, 7, 2, 0.5)).eval().requires_grad_(False)


@pytest.fixture
def words() -> torch.Tensor:
    return torch.randint(11, (1300,), generator=torch.Generator().manual_seed(2))


def test_a_network_without_preference_has_the_vocabulary_s_size_as_perplexity(
    network: ScriptNetwork, words: torch.Tensor
) -> None:
    torch.nn.init.zeros_(network.fc.weight)
    torch.nn.init.zeros_(network.fc.bias)
    assert carried_perplexity(network, words) == pytest.approx(11)
    assert float(windowed_nats(network, words, 10).mean().exp()) == pytest.approx(11)


def test_the_state_is_carried_over_the_whole_text(network: ScriptNetwork, words: torch.Tensor) -> None:
    logits, _ = network(words[:-1].unsqueeze(0))
    at_once = torch.nn.functional.cross_entropy(logits[0], words[1:]).exp()
    assert carried_perplexity(network, words) == pytest.approx(float(at_once), rel=1e-5)


def test_predictions_tell_what_each_word_cost_and_whether_the_likeliest_was_it(
    network: ScriptNetwork, words: torch.Tensor
) -> None:
    predictions = carried_predictions(network, words)
    shares = network(words[:-1].unsqueeze(0))[0][0].softmax(dim=1)  # (words - 1, vocabulary_size)
    highest, likeliest = shares.max(dim=1)
    assert torch.allclose(predictions.nats.float(), -shares.gather(1, words[1:, None])[:, 0].log(), atol=1e-5)
    assert torch.allclose(predictions.confidence, highest, atol=1e-6)
    assert torch.equal(predictions.is_right, likeliest == words[1:])


def test_a_window_sees_its_own_words_alone(network: ScriptNetwork, words: torch.Tensor) -> None:
    nats = []
    for end in range(10, len(words)):
        logits, _ = network(words[end - 10 : end].unsqueeze(0))
        nats.append(float(torch.nn.functional.cross_entropy(logits[0, -1], words[end])))
    assert windowed_nats(network, words, 10).tolist() == pytest.approx(nats, rel=1e-4)


@pytest.fixture
def telling_network() -> ScriptNetwork:
    """A network with clear likes: random weights of the size that training gives them."""
    torch.manual_seed(4)
    network = ScriptNetwork(NetworkConfig(300, 32, 64, 2, 0.5)).eval().requires_grad_(False)
    network.lstm.get_parameter("weight_hh_l0").mul_(2)
    network.fc.weight.mul_(8)
    return network


def test_the_served_form_is_nearly_as_good_as_the_plain_network(telling_network: ScriptNetwork) -> None:
    words = torch.randint(300, (700,), generator=torch.Generator().manual_seed(3))
    engine = Engine(telling_network.config, telling_network.state_dict())
    form = compare_served(telling_network, engine, words)
    assert engine.int8
    assert form.words == 699
    assert form.plain_perplexity == pytest.approx(carried_perplexity(telling_network, words), rel=1e-5)
    assert form.served_perplexity != form.plain_perplexity
    assert form.served_perplexity == pytest.approx(form.plain_perplexity, rel=0.003)
    assert 0.97 <= form.greedy_agreement <= 1
    assert 0.97 <= form.likeliest_overlap <= 1


def test_without_int8_the_served_form_is_the_plain_network(
    telling_network: ScriptNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "int8_engine", lambda: None)
    words = torch.randint(300, (600,), generator=torch.Generator().manual_seed(3))
    form = compare_served(telling_network, Engine(telling_network.config, telling_network.state_dict()), words)
    assert form.served_perplexity == pytest.approx(form.plain_perplexity, rel=1e-5)
    assert (form.greedy_agreement, form.likeliest_overlap) == (1, 1)


def test_another_network_s_engine_is_found_out(telling_network: ScriptNetwork) -> None:
    words = torch.randint(300, (600,), generator=torch.Generator().manual_seed(3))
    other = {**telling_network.state_dict(), "fc.weight": telling_network.fc.weight.flip(0)}
    form = compare_served(telling_network, Engine(telling_network.config, other), words)
    assert form.greedy_agreement < 0.1
    assert form.likeliest_overlap < 0.1
