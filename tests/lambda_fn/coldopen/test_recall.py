"""Recall: scores with a memory, of the whole layer and of the likeliest words, alone and in company."""

from __future__ import annotations

import math
import random
from itertools import pairwise

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
def test_a_score_is_the_network_s_mixed_with_the_votes_where_the_memory_is_asked() -> None:
    config = NetworkConfig(150, 20, 24, 2, 0.5)
    engine, text = remembering(config), [5, 140, 2, 77, 5, 140, 9, 12, 140, 60, 5, 3]
    plain, state, memory = DecoderState(engine), DecoderState(engine, share=1.0), Memory(7, 0.3, 24)
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
    behind, model = {word for word in text if word >= BLOCK_SIZE}, engine.remembering
    assert model is not None
    for word in behind:  # is scored with inputs that are not rounded
        scores[word] = model.row(word) @ before + model.bias[word]  # type: ignore[operator]
    held = sorted({*range(BLOCK_SIZE), *behind})
    log_sum = float(scores[held].logsumexp(0))
    shares = {word: math.exp(float(scores[word]) - log_sum) for word in range(150)}
    # a word that hardly fits here is hardly voted for
    won = {word: float(votes[words == word].sum()) * min(shares[word] / 0.001, 1) for word in range(150)}
    left = 1 - sum(won.values())  # is for the network
    for word in range(150):
        expected = math.log(shares[word] + won[word] / left) + log_sum
        assert float(mixed[word]) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("share", [0.0, 0.15, 0.4, 1.0])
@torch.inference_mode()
def test_the_memory_is_asked_at_a_share_of_the_words_which_lie_apart(share: float) -> None:
    engine, rng = remembering(NetworkConfig(150, 20, 24, 1, 0.5)), random.Random(4)
    plain, state, asked = DecoderState(engine), DecoderState(engine, share=share), []
    for count in range(300):
        word = rng.randrange(3, 150)
        plain.step(word)
        state.step(word)
        if not torch.equal(plain.logits(), state.logits()):
            assert plain.top(5) != state.top(5)
            asked.append(count)
        else:
            assert plain.top(5) == state.top(5)
    assert len(asked) == pytest.approx(300 * share, abs=4)  # at the first three words it knows nothing
    gaps = {after - before for before, after in pairwise(asked)}
    assert not gaps or max(gaps) <= 2 / share


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
def test_what_was_said_often_is_likely_to_be_said_again() -> None:
    engine = remembering(NetworkConfig(200, 20, 24, 1, 0.5), memory=MEMORY._replace(words=200))
    plain, state, text = DecoderState(engine), DecoderState(engine, share=1.0), [150, 170, 40, 150, 170, 40, 150]
    for word in 20 * text:
        plain.step(word)
        state.step(word)
    before, now = plain.logits().softmax(0), state.logits().softmax(0)
    assert all(now[word] > 2 * before[word] for word in (150, 170, 40))
    assert state.top(1)[0][1] == [40]


@torch.inference_mode()
def test_many_words_behind_the_first_block_find_room() -> None:
    config = NetworkConfig(400, 20, 24, 1, 0.5)
    state = DecoderState(remembering(config, memory=MEMORY._replace(words=300)), share=0.3)
    for word in range(399, 200, -1):
        state.step(word)
    ((logits, ids),) = state.top(300 - BLOCK_SIZE)
    assert logits == pytest.approx(state.logits()[ids].tolist(), abs=1e-3)
