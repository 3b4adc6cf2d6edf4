"""The verdict: words that follow from the figures, whatever they are."""

from __future__ import annotations

from typing import Any

import pytest

from training.evaluation.verdict import verdict


def evaluation(ours: float | None, trigram: float | None, copied: float, held_out: float) -> dict[str, Any]:
    perplexities = {"carried state": {"seen": ours}, "Kneser-Ney trigram": {"seen": trigram}}
    return {
        "perplexity": {"test": {"of": perplexities}},
        "samples": {"generated": {"copied": copied}, "held_out": {"copied": held_out}},
    }


@pytest.mark.parametrize(
    ("ours", "trigram", "opening"),
    [
        (39.1, 53.2, "27% better than the trigram: perplexity 39.1 against 53.2 on test, of words seen in training."),
        (50.0, 50.1, "As good as the trigram: perplexity 50.0 against 50.1"),
        (60.0, 50.0, "20% worse than the trigram: perplexity 60.0 against 50.0"),
        (None, None, "Can't be compared with a trigram: test has no word of the training part."),
        (2000.0, 50.0, "3900% worse than the trigram: perplexity 2,000.0 against 50.0"),
    ],
)
def test_it_says_how_the_model_does_beside_counting(ours: float | None, trigram: float | None, opening: str) -> None:
    first, _ = verdict(evaluation(ours, trigram, 0, 0)).splitlines()
    assert first.startswith(opening)
    assert ("More text helps" in first) == ("better" not in first)


def test_it_says_whether_the_model_copies() -> None:
    *_, little = verdict(evaluation(1, 2, 0.004, 0.012)).splitlines()
    figures = "0.4% of runs of 8 words stand in the training part, 1.2% of held-out text's"
    assert little == f"Copies no more than held-out text: {figures}."
    *_, much = verdict(evaluation(1, 2, 0.2, 0.012)).splitlines()
    assert much.startswith("Copies more than held-out text: 20.0% of runs of 8 words")
    assert much.endswith("--no-copy 8 keeps clear of them.")
