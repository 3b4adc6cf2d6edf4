"""The verdict: in two sentences, what the figures of evaluation.json say of a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from training.evaluation.generation import COPIED_RUN
from training.evaluation.report import CARRIED, TRIGRAM

_SAME = 0.005  # a difference that rounds to 0 %


def verdict(evaluation: Mapping[str, Any]) -> str:
    """The verdict, from evaluation.json's content."""
    return f"{_quality(evaluation['perplexity']['test']['of'])}\n{_copying(evaluation['samples'])}"


def _quality(perplexities: Mapping[str, Mapping[str, float | None]]) -> str:
    ours, trigram = perplexities[CARRIED]["seen"], perplexities[TRIGRAM]["seen"]
    if ours is None or trigram is None:
        return "Can't be compared with a trigram: test has no word of the training part. More text helps most."
    figures = f"perplexity {ours:,.1f} against {trigram:,.1f} on test, of words seen in training"
    if ours > trigram * (1 + _SAME):
        return f"{ours / trigram - 1:.0%} worse than the trigram: {figures}. More text helps most."
    if ours > trigram * (1 - _SAME):
        return f"As good as the trigram: {figures}. More text helps most."
    return f"{1 - ours / trigram:.0%} better than the trigram: {figures}."


def _copying(samples: Mapping[str, Any]) -> str:
    ours, held_out = samples["generated"]["copied"], samples["held_out"]["copied"]
    figures = f"{ours:.1%} of runs of {COPIED_RUN} words stand in the training part, {held_out:.1%} of held-out text's"
    if ours > held_out + _SAME:
        return f"Copies more than held-out text: {figures}. --no-copy {COPIED_RUN} keeps clear of them."
    return f"Copies no more than held-out text: {figures}."
