"""Words that training never saw: their weights, and the constant."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from coldopen.network import NetworkConfig, ScriptNetwork
from training.evaluation.perplexity import carried_perplexity
from training.fit.spelling import Spelling
from training.fit.unseen import UnseenWeights, add_constant, sweep_constants, unseen_words

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


@pytest.mark.parametrize("tied", [False, True])
def test_unseen_words_get_the_mean_of_those_seen_once_and_what_their_spelling_adds(tied: bool, unseen: Tensor) -> None:
    torch.manual_seed(4)
    network = ScriptNetwork(NetworkConfig(len(COUNTS), 8, 8, 2, 0.5, tied=tied)).eval()
    words = ["<PAD>", "the", "ann:", "sung", "bob:", "walking", "cyd:", "xyz"]
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    UnseenWeights(words, COUNTS, unseen).give(network)
    expected = Spelling(words[1:6], words[6:])
    for name in ("embedding.weight", "fc.bias", *([] if tied else ["fc.weight"])):
        tensor, old = network.state_dict()[name], before[name]
        assert torch.equal(tensor[:6], old[:6])
        mean = old[4:6].mean(0)
        found = expected.predict(old[1:6].view(5, -1), mean.view(-1)).view(-1, *old.shape[1:])
        assert torch.allclose(tensor[6:], found, atol=1e-6)
        assert not torch.allclose(tensor[6], mean, atol=1e-3)
        assert torch.allclose(tensor[7], mean, atol=1e-6)  # spelled like no other word
    assert torch.equal(network.state_dict()["lstm.weight_ih_l0"], before["lstm.weight_ih_l0"])


def test_without_words_seen_once_unseen_ones_stay_as_they_are(network: ScriptNetwork, unseen: Tensor) -> None:
    before = network.fc.weight.clone()
    UnseenWeights([*"abcdefgh"], torch.where(COUNTS == 1, 2, COUNTS), unseen).give(network)
    assert torch.equal(network.fc.weight, before)


def test_each_constant_s_perplexity_is_that_of_a_network_that_has_it(
    network: ScriptNetwork, unseen: Tensor, text: Tensor
) -> None:
    sweep = sweep_constants(network, text, unseen)
    assert sweep.unchanged.constant == 0
    assert sweep.unchanged.perplexity == pytest.approx(carried_perplexity(network, text), rel=1e-5)
    point = sweep.points[9]
    add_constant(network, unseen, point.constant)
    assert point.perplexity == pytest.approx(carried_perplexity(network, text), rel=1e-5)
    again = sweep_constants(network, text, unseen).unchanged
    assert again.perplexity_seen == pytest.approx(point.perplexity_seen, rel=1e-5)


def test_perplexity_over_seen_words_counts_only_their_positions(
    network: ScriptNetwork, unseen: Tensor, text: Tensor
) -> None:
    logits, _ = network(text[None, :-1])
    nats = -logits[0].detach().log_softmax(1).gather(1, text[1:, None])[:, 0]
    expected = math.exp(float(nats[~unseen[text[1:]]].mean()))
    assert sweep_constants(network, text, unseen).unchanged.perplexity_seen == pytest.approx(expected, rel=1e-5)


def test_words_seen_elsewhere_alone_get_no_constant_and_do_not_count_as_seen(
    network: ScriptNetwork, unseen: Tensor, text: Tensor
) -> None:
    elsewhere = unseen.clone()
    elsewhere[unseen.nonzero()[1:]] = False  # one of them; the others get the constant
    still = unseen & ~elsewhere
    sweep = sweep_constants(network, text, still, elsewhere)
    without = sweep_constants(network, text, unseen).unchanged
    assert sweep.unchanged.perplexity_seen == pytest.approx(without.perplexity_seen, rel=1e-5)
    add_constant(network, still, sweep.points[9].constant)
    assert sweep.points[9].perplexity == pytest.approx(carried_perplexity(network, text), rel=1e-5)


def test_the_constant_is_the_smallest_that_is_nearly_the_best(
    network: ScriptNetwork, unseen: Tensor, text: Tensor
) -> None:
    add_constant(network, unseen, -4.0)  # as training leaves them: far too improbable
    sweep = sweep_constants(network, text, unseen)
    lowest = min(sweep.points, key=lambda point: point.perplexity)
    before = sweep.points[sweep.points.index(sweep.best) - 1]
    assert 0 < sweep.best.constant <= lowest.constant
    assert sweep.best.perplexity <= lowest.perplexity * 1.01 < before.perplexity


def test_a_text_without_unseen_words_needs_no_constant(network: ScriptNetwork, text: Tensor) -> None:
    none = torch.zeros(len(COUNTS), dtype=torch.bool)
    sweep = sweep_constants(network, text, none)
    assert sweep.best == sweep.unchanged
    assert sweep.best.perplexity_seen == sweep.best.perplexity
