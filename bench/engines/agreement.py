"""Whether engines find the five words that float32 finds."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from coldopen.network import ScriptNetwork

_LIKELIEST = 5


@torch.inference_mode()
def float32_likeliest(network: ScriptNetwork, text: Sequence[int]) -> list[list[int]]:
    """The ids of the five likeliest words after each word of a text, by the network as it was trained."""
    logits, _ = network(torch.tensor([list(text)]))  # (1, words, vocabulary_size)
    likeliest: list[list[int]] = logits[0].topk(_LIKELIEST).indices.tolist()
    return likeliest


def same_share(found: Sequence[Sequence[int]], wanted: Sequence[Sequence[int]]) -> float:
    """The share of positions with the same words, in whatever order."""
    return sum(set(one) == set(other) for one, other in zip(found, wanted, strict=True)) / len(wanted)
