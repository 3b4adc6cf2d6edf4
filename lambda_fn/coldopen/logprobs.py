"""Log probabilities: how likely the network finds each word of a text, and which words it finds likelier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch

from coldopen.network import ScriptNetwork

_ROWS = 64  # words that are scored at once: their scores take a few MB


class WordLogprobs(NamedTuple):
    """How likely a word was, after the words before it.

    Attributes:
        logprob: the natural logarithm of the word's probability.
        top: the ids of the likeliest words and the logarithms of their probabilities, falling.
    """

    logprob: float
    top: list[tuple[int, float]]


@torch.inference_mode()
def word_logprobs(network: ScriptNetwork, ids: Sequence[int], first: int, num_top: int) -> list[WordLogprobs]:
    """The log probabilities of a text's words, over the whole vocabulary and at temperature 1.

    Args:
        network: in float32; what the engine writes with is rounded, by up to a tenth in a logarithm.
        ids: the text.
        first: the index of the first word that is wanted; at least 1, for a word has to stand before it.
        num_top: how many of the likeliest words are wanted for each.
    """
    if first >= len(ids):
        return []
    hidden, _ = network.hidden(torch.tensor([ids[:-1]]))  # (1, words, output_size)
    hidden, chosen = hidden[0, first - 1 :], torch.tensor(ids[first:])
    found: list[WordLogprobs] = []
    for begin in range(0, len(chosen), _ROWS):
        scores = network.fc(hidden[begin : begin + _ROWS]).log_softmax(dim=1)  # (rows, vocabulary_size)
        logprobs = scores.gather(1, chosen[begin : begin + _ROWS, None])[:, 0].tolist()
        values, indices = (top.tolist() for top in scores.topk(num_top))
        tops = [list(zip(*top, strict=True)) for top in zip(indices, values, strict=True)]
        found += map(WordLogprobs, logprobs, tops)
    return found
