"""The memory: which pairs it keeps, and how they vote."""

from __future__ import annotations

import math

import pytest
import torch

from coldopen.memory import Memory, MemoryConfig

_GOOD = {"words": 500, "common": 50, "theta": 0.05, "share": 0.1}


def test_what_a_manifest_says_is_read() -> None:
    assert MemoryConfig.of(_GOOD) == (500, 50, 0.05, 0.1)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"words": 0}, "memory.words is 0; it must be a whole number from 1 to 10000"),
        ({"words": True}, "memory.words is True"),
        ({"common": -1}, "memory.common is -1; it must be a whole number from 0 to 10000"),
        ({"common": 2.5}, "memory.common is 2.5"),
        ({"theta": math.inf}, "memory.theta is inf; it must be a number from 0 to 10"),
        ({"theta": "1"}, "memory.theta is '1'"),
        ({"share": math.nan}, "memory.share is nan; it must be a number from 0 to 1"),
        ({"share": 1.1}, "memory.share is 1.1"),
        ({"shape": 3}, "shape"),
    ],
)
def test_what_can_t_be_a_memory_is_refused(changed: dict[str, object], told: str) -> None:
    with pytest.raises((ValueError, TypeError), match=told):
        MemoryConfig.of({**_GOOD, **changed})


@torch.inference_mode()
def test_pairs_vote_by_likeness_and_age_and_a_doubt_takes_part() -> None:
    generator = torch.Generator().manual_seed(1)
    states, now = torch.randn(9, 6, generator=generator), torch.randn(6, generator=generator)
    memory = Memory(4, 0.7, 6)
    for count, state in enumerate(states, start=1):
        memory.add(state, 10 * count)
        kept = list(range(max(0, count - 4), count))  # the latest four, through two moves to the front
        raw = [math.exp(0.7 * float(now @ states[index])) / math.sqrt(count - index) for index in kept]
        words, weights = memory.votes(now)
        assert words.tolist() == [10 * (index + 1) for index in kept]
        assert weights.tolist() == pytest.approx([one / (sum(raw) + 20) for one in raw], rel=1e-5)


@torch.inference_mode()
def test_the_latest_pairs_may_wait() -> None:
    generator = torch.Generator().manual_seed(1)
    states, now = torch.randn(30, 6, generator=generator), torch.randn(6, generator=generator)
    memory, before = Memory(4, 0.7, 6), Memory(4, 0.7, 6)
    for count, state in enumerate(states):
        memory.add(state, count)
        words, weights = memory.votes(now, num_waiting=min(2, count + 1))
        if count >= 2:
            before.add(states[count - 2], count - 2)
        assert words.tolist() == list(range(max(0, count - 5), count - 1)) == before.votes(now)[0].tolist()
        assert torch.equal(weights, before.votes(now)[1])


@torch.inference_mode()
def test_a_copy_has_the_same_pairs_and_goes_its_own_way() -> None:
    memory, copied = Memory(3, 0.5, 2), Memory(3, 0.5, 2)
    for word in range(5):
        memory.add(torch.tensor([1.0, word]), word)
    copied.copy_from(memory)
    now = torch.tensor([0.5, -0.5])
    assert copied.votes(now)[0].tolist() == [2, 3, 4]
    assert torch.equal(copied.votes(now)[1], memory.votes(now)[1])
    copied.add(torch.tensor([9.0, 9.0]), 9)
    assert memory.votes(now)[0].tolist() == [2, 3, 4]
