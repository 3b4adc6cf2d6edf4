"""Perplexity: how many words the network hesitates between, on average."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from coldopen.network import ScriptNetwork

_CHUNK_WORDS = 512
_WINDOW_BATCH = 512


def perplexity(nats: float, words: int) -> float:
    """The exponential of the mean loss; infinite where it is too large for a number."""
    try:
        return math.exp(nats / words)
    except OverflowError:
        return math.inf


@torch.inference_mode()
def carried_perplexity(network: ScriptNetwork, words: Tensor) -> float:
    """Perplexity with the state carried from the first word to the last, as the service generates.

    Args:
        network: in eval mode.
        words: int64 (words,), at least two.
    """
    words = words.to(network.fc.weight.device)
    nats, state = 0.0, None
    for begin in range(0, len(words) - 1, _CHUNK_WORDS):
        targets = words[begin + 1 : begin + 1 + _CHUNK_WORDS]
        inputs = words[begin : begin + len(targets)].unsqueeze(0)  # (1, chunk)
        logits, state = network(inputs, state)
        nats += float(cross_entropy(logits[0], targets, reduction="sum"))
    return perplexity(nats, len(words) - 1)


@torch.inference_mode()
def windowed_perplexity(network: ScriptNetwork, words: Tensor, window: int) -> float:
    """Perplexity of each word given the `window` words before it alone, from a zero state: the seed's way.

    Args:
        network: in eval mode.
        words: int64 (words,), at least two.
        window: words that the network sees; fewer if there are no more.
    """
    window = min(window, len(words) - 1)
    words = words.to(network.fc.weight.device)
    contexts = words[:-1].unfold(0, window, 1)  # (words - window, window)
    targets = words[window:]
    nats = 0.0
    for begin in range(0, len(targets), _WINDOW_BATCH):
        hidden, _ = network.hidden(contexts[begin : begin + _WINDOW_BATCH])
        logits = network.fc(hidden[:, -1])
        nats += float(cross_entropy(logits, targets[begin : begin + _WINDOW_BATCH], reduction="sum"))
    return perplexity(nats, len(targets))
