"""Words that training never saw: their weights, and the constant."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from coldopen.network import NetworkConfig, ScriptNetwork
from training.evaluation import carried_perplexity
from training.unseen import add_constant, losses, settle, unseen_words

COUNTS = torch.tensor([0, 9, 5, 3, 1, 1, 0, 0])  # <PAD> first, as in a vocabulary


@pytest.fixture
def network() -> ScriptNetwork:
    torch.manual_seed(4)
    return ScriptNetwork(NetworkConfig(len(COUNTS), 6, 8, 2, 0.5)).eval()


@pytest.fixture
def unseen() -> Tensor:
    return unseen_words(COUNTS, pad_id=0)


@pytest.fixture
def text() -> Tensor:
    """Six hundred words, some of them unseen: longer than what is computed at once."""
    return torch.randint(1, len(COUNTS), (600,), generator=torch.Generator().manual_seed(5))


def test_a_word_that_fills_in_is_not_unseen(unseen: Tensor) -> None:
    assert unseen.tolist() == [False] * 6 + [True] * 2


def test_unseen_words_get_the_mean_of_those_seen_once(network: ScriptNetwork, unseen: Tensor) -> None:
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    settle(network, COUNTS, unseen)
    for name in ("embedding.weight", "fc.weight", "fc.bias"):
        tensor = network.state_dict()[name]
        assert torch.equal(tensor[:6], before[name][:6])
        for word in (6, 7):
            assert torch.allclose(tensor[word], before[name][4:6].mean(0))
    assert torch.equal(network.state_dict()["lstm.weight_ih_l0"], before["lstm.weight_ih_l0"])


def test_each_constant_s_perplexity_is_that_of_a_network_that_has_it(
    network: ScriptNetwork, unseen: Tensor, text: Tensor
) -> None:
    by_constant = losses(network, text, unseen)
    assert by_constant.constants[0] == 0
    assert float(by_constant.every[0]) == pytest.approx(carried_perplexity(network, text), rel=1e-5)
    add_constant(network, unseen, float(by_constant.constants[9]))
    assert float(by_constant.every[9]) == pytest.approx(carried_perplexity(network, text), rel=1e-5)
    assert float(losses(network, text, unseen).seen[0]) == pytest.approx(float(by_constant.seen[9]), rel=1e-5)


def test_perplexity_over_seen_words_counts_only_their_positions(
    network: ScriptNetwork, unseen: Tensor, text: Tensor
) -> None:
    logits, _ = network(text[None, :-1])
    nats = -logits[0].detach().log_softmax(1).gather(1, text[1:, None])[:, 0]
    expected = math.exp(float(nats[~unseen[text[1:]]].mean()))
    assert float(losses(network, text, unseen).seen[0]) == pytest.approx(expected, rel=1e-5)


def test_the_constant_is_the_smallest_that_is_nearly_the_best(
    network: ScriptNetwork, unseen: Tensor, text: Tensor
) -> None:
    add_constant(network, unseen, -4.0)  # as training leaves them: far too improbable
    by_constant = losses(network, text, unseen)
    chosen, best = by_constant.choose(), int(by_constant.every.argmin())
    assert 0 < chosen <= best
    assert by_constant.every[chosen] <= by_constant.every[best] * 1.01 < by_constant.every[chosen - 1]


def test_a_text_without_unseen_words_needs_no_constant(network: ScriptNetwork, text: Tensor) -> None:
    none = torch.zeros(len(COUNTS), dtype=torch.bool)
    by_constant = losses(network, text, none)
    assert by_constant.choose() == 0
    assert by_constant.seen[0] == by_constant.every[0]
