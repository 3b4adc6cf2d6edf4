"""Words of the vocabulary that the training part never holds: what the network should make of them.

The vocabulary is the whole corpus's, so some of its words occur in validation or test alone. Training leaves their
weights at chance, and their probability far too low. Good and Turing's idea serves: a word never seen is most like
those seen once. Each unseen word gets the mean weights of the words seen once, and one constant is added to the
output bias of all of them, chosen on validation. The network's shape and cost stay as they are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from coldopen.network import ScriptNetwork

_CHUNK_WORDS = 256
_CONSTANTS = torch.arange(0, 10.01, 0.25, dtype=torch.float64)
_NEAR_BEST = 1.01


@dataclass(frozen=True, slots=True)
class Losses:
    """Perplexity of a text, by the constant added to unseen words' bias.

    Attributes:
        constants: float64 (constants,), in nats; the first is 0.
        every: perplexity over every word, float64 (constants,).
        seen: over the words that occur in the training part, float64 (constants,).
    """

    constants: Tensor
    every: Tensor
    seen: Tensor

    def choose(self) -> int:
        """The place of the constant to use: the smallest that comes within 1 % of the best over every word.

        A larger one would take more from the words that were seen than it gives to the others.
        """
        return int((self.every <= self.every.min() * _NEAR_BEST).nonzero()[0])


def unseen_words(counts: Tensor, pad_id: int) -> Tensor:
    """Which words never occur in the training part, bool (vocabulary_size,); `<PAD>` is no word.

    Args:
        counts: how often each word occurs there, int64 (vocabulary_size,).
    """
    unseen = counts == 0
    unseen[pad_id] = False
    return unseen


@torch.no_grad()
def settle(network: ScriptNetwork, counts: Tensor, unseen: Tensor) -> None:
    """Give unseen words the mean weights of those seen once, in place."""
    rare = (counts == 1).to(unseen.device)
    if unseen.any() and rare.any():
        for tensor in (network.embedding.weight, network.fc.weight, network.fc.bias):
            tensor[unseen] = tensor[rare].mean(0)


@torch.no_grad()
def add_constant(network: ScriptNetwork, unseen: Tensor, constant: float) -> None:
    """Add to the output bias of unseen words, in place."""
    network.fc.bias[unseen] += constant


@torch.inference_mode()
def losses(network: ScriptNetwork, words: Tensor, unseen: Tensor) -> Losses:
    """Perplexities with the state carried over the whole text, for many constants in one pass.

    Args:
        network: in eval mode.
        words: int64 (words,), at least two.
        unseen: bool (vocabulary_size,).
    """
    device = network.fc.weight.device
    words, unseen, constants = words.to(device), unseen.to(device), _CONSTANTS.to(device)
    nats = torch.zeros(2, len(constants), dtype=torch.float64, device=device)  # of seen targets, of unseen ones
    state = None
    some_unseen = bool(unseen.any())
    for begin in range(0, len(words) - 1, _CHUNK_WORDS):
        targets = words[begin + 1 : begin + 1 + _CHUNK_WORDS]
        hidden, state = network.hidden(words[begin : begin + len(targets)].unsqueeze(0), state)
        logits = network.fc(hidden[0]).float()  # (chunk, vocabulary_size)
        target_logits = logits.gather(1, targets[:, None])[:, 0].double()
        of_unseen = logits[:, unseen].logsumexp(1).double() if some_unseen else None
        logits[:, unseen] = -math.inf
        total = logits.logsumexp(1).double()[:, None].expand(-1, len(constants))  # (chunk, constants)
        if of_unseen is not None:
            total = torch.logaddexp(total, of_unseen[:, None] + constants)
        is_unseen = unseen[targets]
        nats[0] += (total - target_logits[:, None])[~is_unseen].sum(0)
        nats[1] += (total - target_logits[:, None] - constants)[is_unseen].sum(0)
    count, count_unseen = len(words) - 1, int(unseen[words[1:]].sum())
    every = (nats.sum(0) / count).exp()
    return Losses(constants.cpu(), every.cpu(), (nats[0] / max(count - count_unseen, 1)).exp().cpu())
