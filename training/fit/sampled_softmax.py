"""The loss over a large vocabulary: a sampled softmax, or the full one in chunks that stay in the processor's cache.

The sampled softmax (Jean et al. 2015, "On Using Very Large Target Vocabulary") scores a few words instead of all. A
whole batch shares these candidates: words drawn by frequency ** 0.75, and the batch's own targets. A word may or may
not be among the candidates, so each logit is corrected by the logarithm of the probability that it is. The sum over
the candidates then estimates the sum over the whole vocabulary (Horvitz & Thompson 1952). A row's own target is always
a candidate, so it is not corrected in that row.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, linear

from training.fit.precision import cpu_dtype

_CHUNK_ROWS = 192
_POWER = 0.75  # Mikolov et al. 2013: between the words' frequencies and the uniform distribution


class Negatives:
    """Words to tell the targets from, shared by a batch.

    Args:
        counts: how often each word occurs in the training part, int64 (vocabulary_size,).
        num_samples: words drawn for a batch, with replacement.
        device: where they are drawn.
    """

    def __init__(self, counts: Tensor, num_samples: int, device: torch.device) -> None:
        self._num_samples = num_samples
        counts = counts.to(device)
        weights = counts.double() ** _POWER
        self._cumulative = (weights.cumsum(0) / weights.sum()).contiguous()
        self._log_missed_by_draw = torch.log1p(-(weights / weights.sum()))
        self._log_missed_by_target = torch.log1p(-(counts.double() / counts.sum()))

    def draw(self, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Draw with the device's own generator.

        Args:
            targets: int64 (words,).

        Returns:
            The candidates, int64 (candidates,), rising, each once, every target among them. And the logarithm of the
            probability that each is there, drawn or as some other word's target, float32 (candidates,).
        """
        points = torch.rand(self._num_samples, dtype=torch.float64, device=targets.device)
        drawn = torch.searchsorted(self._cumulative, points)
        drawn = drawn.clamp_(max=len(self._cumulative) - 1)
        candidates: Tensor = torch.cat([drawn, targets]).unique()  # type: ignore[no-untyped-call]
        log_missed = (
            self._num_samples * self._log_missed_by_draw[candidates]
            + len(targets) * self._log_missed_by_target[candidates]
        )
        probability = -torch.expm1(log_missed)
        return candidates, probability.log().float()


def sampled_loss(
    hidden: Tensor, fc: nn.Linear, targets: Tensor, negatives: Negatives, is_learnt: Tensor | None = None
) -> Tensor:
    """Summed cross entropy in nats over sampled words; its gradient nears the full one as the samples grow.

    Args:
        hidden: (words, hidden_size).
        targets: int64 (words,).
        is_learnt: float32 (words,), 1 for the targets that count and 0 for the others; all count if it is left out.
    """
    candidates, log_probability = negatives.draw(targets)
    indices = torch.searchsorted(candidates, targets)
    bias = fc.bias[candidates] - log_probability
    return _loss(hidden, fc.weight[candidates], bias, indices, log_probability[indices], is_learnt)


def full_loss(hidden: Tensor, fc: nn.Linear, targets: Tensor, is_learnt: Tensor | None = None) -> Tensor:
    """Summed cross entropy in nats over the whole vocabulary; shapes as in `sampled_loss`."""
    return _loss(hidden, fc.weight, fc.bias, targets, None, is_learnt)


def _loss(
    hidden: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, bonus: Tensor | None, is_learnt: Tensor | None
) -> Tensor:
    """Summed cross entropy of hidden @ weight.T + bias, with `bonus` (words,), if any, added to each row's target."""
    if hidden.device.type == "cpu":
        nats: Tensor = _Chunked.apply(hidden, weight, bias, targets, bonus, is_learnt)  # type: ignore[no-untyped-call]
        return nats
    logits = linear(hidden, weight, bias).float()
    if bonus is not None:
        logits = logits.scatter_add(1, targets[:, None], bonus[:, None])
    if is_learnt is None:
        return cross_entropy(logits, targets, reduction="sum")
    return cross_entropy(logits, targets, reduction="none") @ is_learnt


class _Chunked(torch.autograd.Function):
    """Loss and gradients in one pass over chunks of rows: the logits of all rows at once would not fit the cache.

    Matrices are multiplied in `cpu_dtype()`; sums and exponentials are float32.
    """

    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        weight: Tensor,
        bias: Tensor,
        targets: Tensor,
        bonus: Tensor | None,
        is_learnt: Tensor | None,
    ) -> Tensor:
        dtype = cpu_dtype()
        all_rows, columns = hidden.to(dtype), weight.to(dtype)
        grad_hidden, grad_weight = torch.empty_like(hidden), torch.zeros_like(weight)
        grad_bias, nats = torch.zeros_like(bias), torch.zeros((), dtype=torch.float64)
        for begin in range(0, len(hidden), _CHUNK_ROWS):
            chunk = slice(begin, begin + _CHUNK_ROWS)
            rows, indices = all_rows[chunk], targets[chunk, None]
            logits = torch.mm(rows, columns.t()).float().add_(bias)  # (chunk, candidates)
            if bonus is not None:
                logits.scatter_add_(1, indices, bonus[chunk, None])
            log_sum = logits.logsumexp(1, keepdim=True)
            of_words = log_sum - logits.gather(1, indices)
            grad = logits.sub_(log_sum).exp_()
            grad.scatter_add_(1, indices, torch.full_like(log_sum, -1))
            if is_learnt is not None:
                of_words *= is_learnt[chunk, None]
                grad *= is_learnt[chunk, None]
            nats += of_words.sum()
            grad_bias += grad.sum(0)
            grad = grad.to(dtype)
            grad_hidden[chunk] = torch.mm(grad, columns)
            grad_weight += torch.mm(grad.t(), rows)
        ctx.save_for_backward(grad_hidden, grad_weight, grad_bias)
        return nats.to(hidden.dtype)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> tuple[Tensor | None, ...]:
        (scale,) = grad_outputs
        return *(grad * scale for grad in ctx.saved_tensors), None, None, None
