"""Perplexity: how many words the network hesitates between, on average."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from coldopen.engine import Engine, Reading
from coldopen.network import ScriptNetwork

_CHUNK_WORDS = 512
_WINDOW_BATCH = 512
_SERVED_WORDS = 20_000
_LIKELIEST = 5


@dataclass(frozen=True, slots=True)
class ServedForm:
    """How the engine's scores compare with the plain network's over the same words, state carried.

    Attributes:
        words: how many were predicted.
        plain_perplexity: of the network in float32.
        served_perplexity: of the engine.
        greedy_agreement: share of the words at which both like the same word best.
        likeliest_overlap: mean share of the network's five likeliest that are among the engine's.
    """

    words: int
    plain_perplexity: float
    served_perplexity: float
    greedy_agreement: float
    likeliest_overlap: float


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


@torch.inference_mode()
def compare_served(network: ScriptNetwork, engine: Engine, words: Tensor) -> ServedForm:
    """Compare the form that serves with the plain network, on the first 20,000 words.

    Args:
        network: in eval mode.
        engine: built from the same weights.
        words: int64 (words,), at least two.
    """
    words = words[: _SERVED_WORDS + 1]
    likeliest = min(_LIKELIEST, engine.config.vocabulary_size)
    reading, state = Reading(engine), None
    plain_nats = served_nats = 0.0
    agreed = shared = 0
    for begin in range(0, len(words) - 1, _CHUNK_WORDS):
        targets = words[begin + 1 : begin + 1 + _CHUNK_WORDS]
        inputs = words[begin : begin + len(targets)]
        plain, state = network(inputs.unsqueeze(0), state)
        served = torch.stack([_scores_after(reading, word) for word in inputs.tolist()])  # (chunk, vocabulary_size)
        plain_nats += float(cross_entropy(plain[0], targets, reduction="sum"))
        served_nats += float(cross_entropy(served, targets, reduction="sum"))
        ours, theirs = served.topk(likeliest).indices, plain[0].topk(likeliest).indices
        agreed += int((ours[:, 0] == theirs[:, 0]).sum())
        shared += int((ours.unsqueeze(1) == theirs.unsqueeze(2)).sum())
    count = len(words) - 1
    return ServedForm(
        count,
        perplexity(plain_nats, count),
        perplexity(served_nats, count),
        agreed / count,
        shared / count / likeliest,
    )


def _scores_after(reading: Reading, word: int) -> Tensor:
    reading.read(word)
    return reading.scores()
