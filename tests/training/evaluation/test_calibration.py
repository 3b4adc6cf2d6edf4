"""Calibration, on predictions whose reliability is known."""

from __future__ import annotations

import pytest
import torch

from training.evaluation.calibration import Bin, expected_calibration_error, reliability


def test_predictions_are_binned_by_confidence() -> None:
    confidence = torch.tensor([0.50, 0.52, 0.98, 1.0])
    is_right = torch.tensor([True, False, True, True])
    low, high = reliability(confidence, is_right)
    assert (low.words, low.accuracy, high.words, high.accuracy) == (2, 0.5, 2, 1)
    assert [low.confidence, high.confidence] == pytest.approx([0.51, 0.99])


def test_the_error_is_the_mean_distance_of_confidence_and_accuracy() -> None:
    bins = [Bin(words=3, confidence=0.2, accuracy=0.3), Bin(words=1, confidence=0.9, accuracy=0.5)]
    assert expected_calibration_error(bins) == pytest.approx((3 * 0.1 + 1 * 0.4) / 4)


def test_a_model_that_knows_what_it_knows_has_hardly_an_error_and_an_overconfident_one_has() -> None:
    generator = torch.Generator().manual_seed(1)
    confidence = torch.rand(20_000, generator=generator)
    is_right = torch.rand(20_000, generator=generator) < confidence
    assert expected_calibration_error(reliability(confidence, is_right)) < 0.02
    assert expected_calibration_error(reliability(confidence.sqrt(), is_right)) > 0.1
