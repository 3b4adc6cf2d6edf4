"""Hidden states of text, a sample that the preview is fitted to: the network writes the text itself."""

from __future__ import annotations

import random

import torch
from torch import Tensor

from coldopen.linear import float32_linear
from coldopen.lstm import LSTM, LSTMState
from coldopen.network import NetworkConfig
from coldopen.serving_weights import ServingWeights

_NUM_TEXTS = 128
_NUM_WORDS = 10  # in each text
_NUM_LEFT_OUT = 2  # words at the beginning of each text, whose states are not yet those of running text


def sample_hidden_states(config: NetworkConfig, weights: ServingWeights, num_words: int) -> Tensor:
    """Hidden states of texts that the network writes with its most frequent words, all texts in step.

    The layers compute in float32, which is quick for many rows at once.

    Args:
        config: the network's shape.
        weights: its weights; a preview is not needed.
        num_words: how many words are frequent.

    Returns:
        float32 (samples, output_size), the same each time.
    """
    lstm = LSTM(config, weights, lambda rows, bias, _steps: float32_linear(rows, bias))
    first_block = float32_linear(weights.output.part(0, num_words), weights.bias[:num_words])
    rng, state, samples = random.Random(0), LSTMState(lstm, _NUM_TEXTS), []
    ids = [text % num_words for text in range(_NUM_TEXTS)]
    for _ in range(_NUM_WORDS):
        state.step(ids)
        samples.append(state.output.clone())
        cumulative = first_block(state.output).softmax(dim=1).cumsum(dim=1)  # (texts, num_words)
        uniform = torch.tensor([[rng.random()] for _ in range(_NUM_TEXTS)])
        ids = torch.searchsorted(cumulative, uniform)[:, 0].clamp_max(num_words - 1).tolist()
    return torch.cat(samples[_NUM_LEFT_OUT:])
