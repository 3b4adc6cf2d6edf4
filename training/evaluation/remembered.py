"""The memory on held-out text: what words cost with it, and which memory suits a model (`coldopen.memory`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from coldopen.memory import MemoryConfig
from coldopen.network import ScriptNetwork
from coldopen.quantise import FIRST_BLOCK
from coldopen.recall import Recall, Remembering

_CHUNK_WORDS = 256
_WORDS = 500
_ENOUGH = 20_000  # words, to choose by
_COMMON_SHARE = 0.003  # of the training part's words
_THETAS = (0.025, 0.05, 0.1, 0.2, 0.4)
_LEAST_GAIN = 0.01  # nats a word: what a memory has to be worth, since it makes a word take longer
_SHARES = (0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the network and a memory say of each word of a text but the first; each tensor float64 (words - 1,).

    Attributes:
        nats: minus the logarithm of the word's probability by the network alone.
        log_rest: the logarithm of the sum over all words, less that of the sum that stands for it (`coldopen.recall`).
        votes: the memory's for the word, beside which the shares of the sum that stands for all weigh 1.
        all_votes: the same, for any word.
    """

    nats: Tensor
    log_rest: Tensor
    votes: Tensor
    all_votes: Tensor

    def remembered_nats(self, share: float) -> Tensor:
        """Minus the logarithm of the word's probability with the memory, of such a share: float64 (words - 1,)."""
        alone, rest = (-self.nats).exp(), self.log_rest.exp()
        asked = (rest * alone + self.votes) / (rest + self.all_votes)
        return -((1 - share) * alone + share * asked).log()


@torch.inference_mode()
def evidence(
    network: ScriptNetwork, ids: Tensor, memory: MemoryConfig, thetas: Sequence[float] | None = None
) -> list[Evidence]:
    """Read a text with the state carried from the first word to the last.

    Args:
        network: in eval mode, on the CPU.
        ids: int64 (words,), at least two.
        memory: its share does not matter.
        thetas: others than the memory's; there is an answer for each.
    """
    first_block, bias = min(FIRST_BLOCK, network.config.vocabulary_size), network.fc.bias
    recall = Recall(Remembering(memory, first_block, network.fc.weight.__getitem__, bias, frozenset()), share=0.0)
    nats, log_sums, found, state = [], [], [], None
    for begin in range(0, len(ids) - 1, _CHUNK_WORDS):
        targets = ids[begin + 1 : begin + 1 + _CHUNK_WORDS]
        hidden, state = network.hidden(ids[begin : begin + len(targets)].unsqueeze(0), state)
        logits = network.fc(hidden[0])  # (chunk, vocabulary_size)
        log_sum = logits.double().logsumexp(dim=1)
        nats.append(log_sum - logits.gather(1, targets[:, None])[:, 0])
        log_sums.append(log_sum)
        for row, after, target in zip(logits, hidden[0], targets.tolist(), strict=True):
            found.append(recall.evidence(row[:first_block], after, target, thetas or [memory.theta]))
            recall.add(after, target)
    log_sum, *votes = torch.tensor(found, dtype=torch.float64).unbind(dim=1)
    log_rest = torch.cat(log_sums) - log_sum
    return [Evidence(torch.cat(nats), log_rest, *pair) for pair in zip(votes[::2], votes[1::2], strict=True)]


def remembered_nats(network: ScriptNetwork, ids: Tensor, memory: MemoryConfig) -> Tensor:
    """What each word of a text but the first costs with a memory: float64 (words - 1,).

    Args:
        network: in eval mode, on the CPU.
        ids: int64 (words,), at least two.
    """
    return evidence(network, ids, memory)[0].remembered_nats(memory.share)


def choose_memory(network: ScriptNetwork, validation: Tensor, counts: Tensor) -> MemoryConfig | None:
    """The memory with which a text is likeliest; None if none lowers its perplexity by a hundredth.

    Args:
        network: in eval mode, on the CPU.
        validation: int64 (words,).
        counts: how often each word occurs in the training part, int64 (vocabulary_size,).
    """
    memory = MemoryConfig(_WORDS, common_words(counts), theta=0.0, share=0.0)
    found = evidence(network, validation[:_ENOUGH], memory, _THETAS)
    tried = [
        (float(said.remembered_nats(share).mean()), share, theta)
        for theta, said in zip(_THETAS, found, strict=True)
        for share in _SHARES
    ]
    nats, share, theta = min(tried)
    return memory._replace(theta=theta, share=share) if nats <= float(found[0].nats.mean()) - _LEAST_GAIN else None


def common_words(counts: Tensor) -> int:
    """How many words at the beginning of the vocabulary are so frequent that a memory leaves them out.

    Args:
        counts: as those of `choose_memory`; fill-ins have none.
    """
    is_common = (counts >= _COMMON_SHARE * counts.sum()) | (counts == 0)
    return int(is_common.int().cumprod(dim=0).sum())
