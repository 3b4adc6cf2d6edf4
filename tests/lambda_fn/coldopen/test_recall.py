"""Recall: scores with a memory, of the whole layer and of the likeliest words, alone and in company."""

from __future__ import annotations

import math
import random

import pytest
import torch
from hypothesis import given
from hypothesis.strategies import sampled_from

from coldopen.engine import DecoderState
from coldopen.memory import Memory
from coldopen.network import NetworkConfig
from tests.lambda_fn.coldopen.networks import BLOCK_SIZE, MEMORY, configs, of_any_shape, remembering


@of_any_shape
@given(config=configs(), top_k=sampled_from([1, 5, 40, 64, 65, 10**6]))
@torch.inference_mode()
def test_the_likeliest_words_are_those_of_the_whole_layer(config: NetworkConfig, top_k: int) -> None:
    count, rng = min(top_k, config.vocabulary_size), random.Random(2)
    state = DecoderState(remembering(config), share=0.4)
    for _ in range(20):
        state.step(rng.randrange(config.vocabulary_size))
        scores = state.logits()
        ((logits, ids),) = state.top(count)
        assert len(set(ids)) == count
        assert logits == pytest.approx(scores[ids].tolist(), abs=1e-3)
        assert logits == pytest.approx(scores.topk(count).values.tolist(), abs=1e-3)
        few = [rng.randrange(config.vocabulary_size) for _ in range(3)]
        assert state.logits_of(few) == pytest.approx(scores[few].tolist())


@torch.inference_mode()
def test_a_score_is_the_network_s_mixed_with_the_votes() -> None:
    config = NetworkConfig(150, 20, 24, 2, 0.5)
    engine, text = remembering(config), [5, 140, 2, 77, 5, 140, 9, 12, 140, 60, 5, 3]
    plain, state, memory = DecoderState(engine), DecoderState(engine, share=0.4), Memory(7, 0.3, 24)
    before, pairs = None, []
    for word in text:
        if before is not None:
            pairs.append((before, word))
        plain.step(word)
        state.step(word)
        before = plain.output[0].clone()
    for hidden, word in pairs[:-2]:  # the latest two do not vote
        if word >= 3:
            memory.add(hidden, word)
    scores, mixed = plain.logits(), state.logits()
    words, votes = memory.votes(before)  # type: ignore[arg-type]
    assert words.tolist() == [77, 5, 140, 9, 12, 140, 60]
    held = sorted({*range(BLOCK_SIZE), *[word for word in text if word >= BLOCK_SIZE]})
    log_sum = float(scores[held].logsumexp(0))
    for word in range(150):
        won = float(votes[words == word].sum())
        share = math.exp(float(scores[word]) - log_sum)
        won *= min(share / 0.001, 1)  # a word that hardly fits here is hardly voted for
        expected = math.log(share + 0.4 / 0.6 * won) + log_sum
        # words behind the first block are scored with inputs that are not rounded
        assert float(mixed[word]) == pytest.approx(expected, abs=0.1 if word in text and word >= BLOCK_SIZE else 1e-4)


@torch.inference_mode()
def test_a_text_s_numbers_are_the_same_alone_and_in_company() -> None:
    config = NetworkConfig(300, 20, 24, 2, 0.5, proj_size=12)
    engine, rng = remembering(config), random.Random(3)
    prime = DecoderState(engine, share=0.4)
    for word in (5, 200, 7, 250):
        prime.step(word)
    together, alone = prime.copies(3), [prime.copies(1) for _ in range(3)]
    for _ in range(30):
        words = [rng.randrange(300) for _ in range(3)]
        together.step(*words)
        for state, word in zip(alone, words, strict=True):
            state.step(word)
        assert together.top(40) == [state.top(40)[0] for state in alone]
        for text, state in enumerate(alone):
            assert torch.equal(together.logits(text), state.logits())


@pytest.mark.parametrize("barred", [10, 120])
@torch.inference_mode()
def test_a_word_that_never_comes_is_not_remembered(barred: int) -> None:
    state = DecoderState(remembering(NetworkConfig(200, 20, 24, 1, 0.5), barred), share=1.0)
    for word in (4, barred, 5, barred, 6):
        state.step(word)
    assert float(state.logits()[barred]) == -math.inf
    assert barred not in state.top(60)[0][1]


@torch.inference_mode()
def test_a_share_of_1_leaves_what_was_said_far_ahead() -> None:
    engine = remembering(NetworkConfig(200, 20, 24, 1, 0.5), memory=MEMORY._replace(words=200))
    state, text = DecoderState(engine, share=1.0), [150, 170, 40, 150, 170, 40, 150]
    for word in text:
        state.step(word)
    ((_, ids),) = state.top(5)
    assert set(ids[:3]) == {150, 170, 40}


@torch.inference_mode()
def test_many_words_behind_the_first_block_find_room() -> None:
    config = NetworkConfig(400, 20, 24, 1, 0.5)
    state = DecoderState(remembering(config, memory=MEMORY._replace(words=300)), share=0.3)
    for word in range(399, 200, -1):
        state.step(word)
    ((logits, ids),) = state.top(300 - BLOCK_SIZE)
    assert logits == pytest.approx(state.logits()[ids].tolist(), abs=1e-3)
