"""What the network says of each word of a text, and perplexity: how many words it hesitates between, on average."""

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
_LIKELIEST = 5


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
def carried_predictions(network: ScriptNetwork, words: Tensor) -> Predictions:
    """Read a text with the state carried from the first word to the last, as the service does.

    Args:
        network: in eval mode.
        words: int64 (words,), at least two.
    """
    words = words.to(network.fc.weight.device)
    nats, confidence, is_right, state = [], [], [], None
    for begin in range(0, len(words) - 1, _CHUNK_WORDS):
        targets = words[begin + 1 : begin + 1 + _CHUNK_WORDS]
        inputs = words[begin : begin + len(targets)].unsqueeze(0)  # (1, chunk)
        logits, state = network(inputs, state)
        scores = logits[0].log_softmax(dim=1)  # (chunk, vocabulary_size)
        highest, likeliest = scores.max(dim=1)
        nats.append(-scores.gather(1, targets.unsqueeze(1))[:, 0].double().cpu())
        confidence.append(highest.exp().cpu())
        is_right.append((likeliest == targets).cpu())
    return Predictions(torch.cat(nats), torch.cat(confidence), torch.cat(is_right))


def carried_perplexity(network: ScriptNetwork, words: Tensor) -> float:
    """Perplexity with the state carried; arguments as those of `carried_predictions`."""
    return perplexity(float(carried_predictions(network, words).nats.sum()), len(words) - 1)


@torch.inference_mode()
def windowed_nats(network: ScriptNetwork, words: Tensor, window: int) -> Tensor:
    """What each word costs given the `window` words before it alone, from a zero state: the seed's way.

    Args:
        network: in eval mode.
        words: int64 (words,), more than `window`.
        window: words that the network sees.

    Returns:
        float64 (words - window,): minus the logarithm of each word's probability, from the first with a whole window.
    """
    words = words.to(network.fc.weight.device)
    contexts = words[:-1].unfold(0, window, 1)  # (words - window, window)
    nats = []
    for begin in range(0, len(contexts), _WINDOW_BATCH):
        hidden, _ = network.hidden(contexts[begin : begin + _WINDOW_BATCH])
        targets = words[window + begin : window + begin + len(hidden)]
        nats.append(cross_entropy(network.fc(hidden[:, -1]), targets, reduction="none").double().cpu())
    return torch.cat(nats)


@torch.inference_mode()
def compare_served(network: ScriptNetwork, engine: Engine, words: Tensor) -> ServedForm:
    """Compare the form that serves with the plain network.

    Args:
        network: in eval mode.
        engine: built from the same weights.
        words: int64 (words,), at least two.
    """
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
