"""The memory on held-out text: it costs what the mixed scores say, and is chosen where it helps."""

from __future__ import annotations

import math

import pytest
import torch

from coldopen.memory import MemoryConfig
from coldopen.network import NetworkConfig, ScriptNetwork
from coldopen.recall import Recall, Remembering
from training.evaluation.remembered import choose_memory, common_words, remembered_nats


def _network(size: int) -> ScriptNetwork:
    torch.manual_seed(1)
    return ScriptNetwork(NetworkConfig(size, 8, 12, 2, 0.5)).eval().requires_grad_(False)


@pytest.mark.parametrize("size", [50, 2100])
@torch.inference_mode()
def test_a_word_costs_what_the_mixed_scores_of_all_words_say(size: int) -> None:
    network, memory = _network(size), MemoryConfig(words=20, common=2, theta=0.4, share=0.3)
    ids = torch.randint(size - 5, size, (300,), generator=torch.Generator().manual_seed(2))
    ids[::3] = 3
    first_block = min(size, 2048)
    model = Remembering(memory, first_block, network.fc.weight.__getitem__, network.fc.bias, frozenset())
    recall, expected = Recall(model, 1.0), []
    hidden, _ = network.hidden(ids[:-1].unsqueeze(0))
    for state, target in zip(hidden[0], ids[1:].tolist(), strict=True):
        alone = network.fc(state)
        asked = recall.all_mixed(alone, state)
        expected.append(-math.log(0.7 * float(alone.softmax(0)[target]) + 0.3 * float(asked.softmax(0)[target])))
        recall.add(state, target)
    assert remembered_nats(network, ids, memory).tolist() == pytest.approx(expected, abs=1e-4)


def test_a_memory_is_chosen_where_words_come_back() -> None:
    network, generator = _network(400), torch.Generator().manual_seed(4)
    counts = torch.ones(400, dtype=torch.int64)
    scenes = [torch.randint(100 + 20 * scene, 120 + 20 * scene, (150,), generator=generator) for scene in range(10)]
    chosen = choose_memory(network, torch.cat(scenes), counts)
    assert chosen is not None
    assert (chosen.words, chosen.common) == (500, 0)
    assert chosen.share > 0.05
    assert remembered_nats(network, torch.cat(scenes), chosen).mean() < 5.5 < torch.tensor(400.0).log()


def test_none_is_chosen_where_no_word_comes_back() -> None:
    assert choose_memory(_network(400), torch.arange(400), torch.ones(400, dtype=torch.int64)) is None


def test_common_words_are_the_frequent_ones_at_the_beginning() -> None:
    assert common_words(torch.tensor([0, 500, 300, 10, 2, 200, 1])) == 4  # 10 of 1,013 are more than 0.3 %
    assert common_words(torch.tensor([1, 1000, 1000])) == 0
