"""Writing ahead: what is written is what is written word by word, and what was drawn in vain is forgotten."""

from __future__ import annotations

import time

import pytest
import torch

from coldopen.ahead import write_ahead
from coldopen.draft import Draft
from coldopen.engine import DecoderState, Engine, Mark
from coldopen.lexicon import Lexicon
from coldopen.memory import MOST_FORGOTTEN, Memory
from coldopen.network import NetworkConfig
from coldopen.sampling import Sampling
from coldopen.steering import Steering
from coldopen.vocabulary import Vocabulary
from tests.lambda_fn.coldopen.networks import BLOCK_SIZE, remembering

_CONFIG = NetworkConfig(600, 30, 40, 2, 0.5)
_LEXICON = Lexicon(Vocabulary([f"word{id}" for id in range(599)] + ["."]))


@pytest.fixture(scope="module")
def engine() -> Engine:
    return remembering(_CONFIG)


def draft(length: int, seed: int, end: str = "length") -> Draft:
    return Draft([1], length, Steering(end=end), _LEXICON, seed)  # type: ignore[arg-type]


def word_by_word(one: Draft, state: DecoderState, sampling: Sampling) -> None:
    while not one.is_done:
        state.step(one.latest)
        one.add_next(state.top(sampling.top_k)[0], state, 0, sampling)


@pytest.mark.parametrize("share", [0.0, 0.4])
@pytest.mark.parametrize("sampling", [Sampling(1.0, 5), Sampling(2.0, 40), Sampling(1.5, 20, 0.8), Sampling(1.0, 500)])
@torch.inference_mode()
def test_the_words_are_those_written_word_by_word(
    engine: Engine, sampling: Sampling, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    went_back, back_to = [], DecoderState.back_to

    def watched(state: DecoderState, mark: Mark) -> None:
        went_back.append(mark)
        back_to(state, mark)

    monkeypatch.setattr(DecoderState, "back_to", watched)
    for seed, (length, end) in enumerate([(1, "length"), (7, "length"), (8, "length"), (150, "length"), (30, "line")]):
        expected, one = draft(length, seed, end), draft(length, seed, end)
        word_by_word(expected, DecoderState(engine, share=share), sampling)
        write_ahead(one, DecoderState(engine, share=share), sampling, time.monotonic() + 60)
        assert one.written() == expected.written()
    # where all words take part there is nothing to correct
    assert bool(went_back) == (sampling.top_k <= BLOCK_SIZE), "what was drawn was always right: nothing was tried"


@torch.inference_mode()
def test_after_the_deadline_no_word_is_drawn(engine: Engine) -> None:
    one = draft(9, 1)
    write_ahead(one, DecoderState(engine), Sampling(), time.monotonic())
    assert one.written() == (["word1"], 0, "deadline")


@pytest.mark.parametrize("share", [0.0, 0.4])
@torch.inference_mode()
def test_a_state_that_went_back_is_as_it_was(engine: Engine, share: float) -> None:
    state, plain = DecoderState(engine, share=share), DecoderState(engine, share=share)
    for id in range(60, 90):
        state.step(id)
        plain.step(id)
        mark = state.mark()
        for other in range(300, 300 + id % MOST_FORGOTTEN):
            state.step(other)
        state.back_to(mark)
        assert torch.equal(state.logits(), plain.logits())


@pytest.mark.parametrize("size", [6, 64, 100, 250])
@torch.inference_mode()
def test_the_latest_pairs_are_forgotten_wherever_the_memory_moved_meanwhile(size: int) -> None:
    generator = torch.Generator().manual_seed(1)
    states, now = torch.randn(200, size, generator=generator), torch.randn(size, generator=generator)
    memory, plain = Memory(3, 0.7, size), Memory(3, 0.7, size)
    for word, state in enumerate(states):
        memory.add(state, word)
        plain.add(state, word)
        num_added = memory.num_added
        for _ in range(word % (MOST_FORGOTTEN + 1)):
            memory.add(now, 1000)
        memory.forget_since(num_added)
        assert memory.num_added == num_added
        for mine, its in zip(memory.votes(now), plain.votes(now), strict=True):
            assert torch.equal(mine, its)
