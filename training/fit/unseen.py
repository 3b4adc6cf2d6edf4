"""Words of the vocabulary that the training part never holds: what the network should make of them.

The vocabulary is the whole corpus's, so some of its words occur in validation or test alone. Training leaves the
weights of such a word as they started, and its probability far too low. A word never seen is most like those seen once
(Good 1953, "The population frequencies of species"). So each unseen word gets the mean weights of the words seen once,
and what its spelling adds to them, which rare words teach (`training.fit.spelling`). Then one constant is added to the
output bias of all of them; a sweep on validation chooses it. The network's shape and cost stay as they are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from coldopen.network import ScriptNetwork
from training.fit.spelling import Spelling

_CHUNK_WORDS = 256
_CONSTANTS = torch.arange(0, 10.01, 0.25, dtype=torch.float64)  # nats
_NEAR_BEST = 1.01
_RARE = 30  # occurrences: more frequent words are more like themselves than like their spelling


@dataclass(frozen=True, slots=True)
class SweepPoint:
    """What one constant comes to.

    Attributes:
        constant: nats added to the output bias of each unseen word.
        perplexity: over every word of the text.
        perplexity_seen: over the words that occur in the training part.
    """

    constant: float
    perplexity: float
    perplexity_seen: float


@dataclass(frozen=True, slots=True)
class BiasSweep:
    """The points of a sweep, by rising constant; the first constant is 0."""

    points: tuple[SweepPoint, ...]

    @property
    def unchanged(self) -> SweepPoint:
        """The network as it is."""
        return self.points[0]

    @property
    def best(self) -> SweepPoint:
        """The point to use: the smallest constant that comes within 1 % of the lowest perplexity over every word.

        A larger one would take more from the words that were seen than it gives to the others.
        """
        lowest = min(point.perplexity for point in self.points)
        near = (point for point in self.points if point.perplexity <= lowest * _NEAR_BEST)
        return next(near, self.unchanged)  # no number is near one that is not finite


def unseen_words(counts: Tensor, pad_id: int) -> Tensor:
    """Which words never occur in the training part, bool (vocabulary_size,); `<PAD>` is no word.

    Args:
        counts: how often each word occurs there, int64 (vocabulary_size,).
    """
    unseen = counts == 0
    unseen[pad_id] = False
    return unseen


class UnseenWeights:
    """What the words that training never saw take from those that it seldom saw.

    Args:
        words: the vocabulary.
        counts: how often each word occurs in the training part, int64 (vocabulary_size,).
        unseen: bool (vocabulary_size,).
    """

    def __init__(self, words: Sequence[str], counts: Tensor, unseen: Tensor) -> None:
        self._unseen, self._once = unseen.cpu(), counts.cpu() == 1
        self._rare = (counts.cpu() > 0) & (counts.cpu() <= _RARE)
        self._spelling = None
        if self._unseen.any() and self._once.any():
            known, wanted = (mask.nonzero().view(-1).tolist() for mask in (self._rare, self._unseen))
            self._spelling = Spelling([words[id] for id in known], [words[id] for id in wanted])

    @torch.no_grad()
    def give(self, network: ScriptNetwork) -> None:
        """Give unseen words their weights, in place."""
        if self._spelling is None:
            return
        tensors = [network.embedding.weight, network.fc.bias]
        if network.fc.weight is not network.embedding.weight:
            tensors.append(network.fc.weight)
        parts = [tensor.detach().float().cpu().view(len(self._unseen), -1) for tensor in tensors]
        weights = torch.cat(parts, dim=1)  # (vocabulary_size, numbers)
        found = self._spelling.predict(weights[self._rare], weights[self._once].mean(0))
        for tensor, part in zip(tensors, torch.split(found, [part.shape[1] for part in parts], dim=1), strict=True):
            tensor[self._unseen.to(tensor.device)] = part.reshape(-1, *tensor.shape[1:]).to(tensor)


@torch.no_grad()
def add_constant(network: ScriptNetwork, unseen: Tensor, constant: float) -> None:
    """Add to the output bias of unseen words, in place."""
    network.fc.bias[unseen] += constant


@torch.inference_mode()
def sweep_constants(network: ScriptNetwork, ids: Tensor, unseen: Tensor, elsewhere: Tensor | None = None) -> BiasSweep:
    """Measure many constants in one pass over a text, the state carried from its first word to its last.

    A constant c turns the softmax's sum S + U, over seen and unseen words, into S + exp(c) U. So each word's logits are
    computed once, and S and U serve all constants.

    Args:
        network: in eval mode.
        ids: int64 (words,), at least two.
        unseen: bool (vocabulary_size,), the words that get the constant.
        elsewhere: bool (vocabulary_size,), further words that do not count as seen; none if left out.
    """
    device = network.fc.weight.device
    ids, unseen, constants = ids.to(device), unseen.to(device), _CONSTANTS.to(device)
    seen = ~unseen if elsewhere is None else ~(unseen | elsewhere.to(device))
    nats = torch.zeros(2, len(constants), dtype=torch.float64, device=device)  # of seen targets, of the others
    state = None
    some_unseen = bool(unseen.any())
    for begin in range(0, len(ids) - 1, _CHUNK_WORDS):
        targets = ids[begin + 1 : begin + 1 + _CHUNK_WORDS]
        hidden, state = network.hidden(ids[begin : begin + len(targets)].unsqueeze(0), state)
        logits = network.fc(hidden[0]).float()  # (chunk, vocabulary_size)
        target_logits = logits.gather(1, targets[:, None])[:, 0].double()
        log_unseen = logits[:, unseen].logsumexp(1).double() if some_unseen else None
        logits[:, unseen] = -math.inf
        log_sum = logits.logsumexp(1).double()[:, None].expand(-1, len(constants))  # (chunk, constants)
        if log_unseen is not None:
            log_sum = torch.logaddexp(log_sum, log_unseen[:, None] + constants)
        of_words = log_sum - target_logits[:, None] - unseen[targets, None] * constants
        is_seen = seen[targets]
        nats[0] += of_words[is_seen].sum(0)
        nats[1] += of_words[~is_seen].sum(0)
    num_targets, num_seen = len(ids) - 1, int(seen[ids[1:]].sum())
    perplexities = (nats.sum(0) / num_targets).exp().tolist()
    perplexities_seen = (nats[0] / max(num_seen, 1)).exp().tolist()
    return BiasSweep(tuple(map(SweepPoint, constants.tolist(), perplexities, perplexities_seen)))
