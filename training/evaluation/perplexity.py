"""Perplexity: how many words a network hesitates between, on average, at each word of a text."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from coldopen.network import ScriptNetwork

_CHUNK_WORDS = 512
_WINDOW_BATCH = 512


@dataclass(frozen=True, slots=True)
class Predictions:
    """What the network expected at each word of a text but the first; each tensor (words - 1,).

    Attributes:
        nats: float64, minus the logarithm of the probability that the word had.
        confidence: float32, the probability of the word that was the likeliest.
        is_right: bool, whether that was the word.
    """

    nats: Tensor
    confidence: Tensor
    is_right: Tensor


def perplexity(nats: float, words: int) -> float:
    """The exponential of the mean loss; infinite where it is too large for a number."""
    try:
        return math.exp(nats / words)
    except OverflowError:
        return math.inf


@torch.inference_mode()
def carried_predictions(network: ScriptNetwork, ids: Tensor) -> Predictions:
    """Read a text with the state carried from the first word to the last, as the service does.

    Args:
        network: in eval mode.
        ids: int64 (words,), at least two.
    """
    ids = ids.to(network.fc.weight.device)
    nats, confidence, is_right, state = [], [], [], None
    for begin in range(0, len(ids) - 1, _CHUNK_WORDS):
        targets = ids[begin + 1 : begin + 1 + _CHUNK_WORDS]
        inputs = ids[begin : begin + len(targets)].unsqueeze(0)  # (1, chunk)
        logits, state = network(inputs, state)
        scores = logits[0].log_softmax(dim=1)  # (chunk, vocabulary_size)
        highest, likeliest = scores.max(dim=1)
        nats.append(-scores.gather(1, targets.unsqueeze(1))[:, 0].double().cpu())
        confidence.append(highest.exp().cpu())
        is_right.append((likeliest == targets).cpu())
    return Predictions(torch.cat(nats), torch.cat(confidence), torch.cat(is_right))


def carried_perplexity(network: ScriptNetwork, ids: Tensor) -> float:
    """Perplexity with the state carried; arguments as those of `carried_predictions`."""
    return perplexity(float(carried_predictions(network, ids).nats.sum()), len(ids) - 1)


@torch.inference_mode()
def windowed_nats(network: ScriptNetwork, ids: Tensor, window: int) -> Tensor:
    """What each word costs given the `window` words before it alone, from a zero state: the original's way.

    Args:
        network: in eval mode.
        ids: int64 (words,), more than `window`.
        window: words that the network sees.

    Returns:
        float64 (words - window,): minus the logarithm of each word's probability, from the first with a whole window.
    """
    ids = ids.to(network.fc.weight.device)
    contexts = ids[:-1].unfold(0, window, 1)  # (words - window, window)
    nats = []
    for begin in range(0, len(contexts), _WINDOW_BATCH):
        hidden, _ = network.hidden(contexts[begin : begin + _WINDOW_BATCH])
        targets = ids[window + begin : window + begin + len(hidden)]
        nats.append(cross_entropy(network.fc(hidden[:, -1]), targets, reduction="none").double().cpu())
    return torch.cat(nats)
