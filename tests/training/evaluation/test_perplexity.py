"""Perplexity, against values that follow from its definition."""

from __future__ import annotations

import pytest
import torch

from coldopen.network import NetworkConfig, ScriptNetwork
from training.evaluation.perplexity import carried_perplexity, carried_predictions, windowed_nats


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
