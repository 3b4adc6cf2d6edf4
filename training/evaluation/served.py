"""The form that serves beside the plain network: how much int8 and the engine's short cuts change."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from coldopen.engine import DecoderState, Engine
from coldopen.network import ScriptNetwork
from training.evaluation.perplexity import perplexity

_CHUNK_WORDS = 512
_NUM_LIKELIEST = 5


@dataclass(frozen=True, slots=True)
class ServedForm:
    """How the engine's logits compare with the plain network's over the same words, state carried.

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


@torch.inference_mode()
def compare_served(network: ScriptNetwork, engine: Engine, ids: Tensor) -> ServedForm:
    """Compare the form that serves with the plain network.

    Args:
        network: in eval mode.
        engine: built from the same weights.
        ids: int64 (words,), at least two.
    """
    num_likeliest = min(_NUM_LIKELIEST, engine.config.vocabulary_size)
    decoder, state = DecoderState(engine), None
    plain_nats = served_nats = 0.0
    agreed = shared = 0
    for begin in range(0, len(ids) - 1, _CHUNK_WORDS):
        targets = ids[begin + 1 : begin + 1 + _CHUNK_WORDS]
        inputs = ids[begin : begin + len(targets)]
        plain, state = network(inputs.unsqueeze(0), state)
        served = torch.stack([_logits_after(decoder, id) for id in inputs.tolist()])  # (chunk, vocabulary_size)
        plain_nats += float(cross_entropy(plain[0], targets, reduction="sum"))
        served_nats += float(cross_entropy(served, targets, reduction="sum"))
        of_served, of_plain = served.topk(num_likeliest).indices, plain[0].topk(num_likeliest).indices
        agreed += int((of_served[:, 0] == of_plain[:, 0]).sum())
        shared += int((of_served.unsqueeze(1) == of_plain.unsqueeze(2)).sum())
    count = len(ids) - 1
    return ServedForm(
        count,
        perplexity(plain_nats, count),
        perplexity(served_nats, count),
        agreed / count,
        shared / count / num_likeliest,
    )


def _logits_after(decoder: DecoderState, id: int) -> Tensor:
    decoder.step(id)
    return decoder.logits()
