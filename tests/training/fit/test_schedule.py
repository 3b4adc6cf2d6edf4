"""The learning rate over a training, and how much an average of weights remembers."""

from __future__ import annotations

import pytest

from training.fit.schedule import average_decay, warmup_cosine


def test_the_rate_rises_to_its_peak_and_falls_to_zero() -> None:
    assert warmup_cosine(0.01, warm_up=0.02) == pytest.approx(0.5)
    assert warmup_cosine(0.02, warm_up=0.02) == pytest.approx(1)
    assert warmup_cosine(0.51, warm_up=0.02) == pytest.approx(0.5)
    assert warmup_cosine(1, warm_up=0.02) == pytest.approx(0)
    rates = [warmup_cosine(step / 100, warm_up=0.02) for step in range(2, 101)]
    assert rates == sorted(rates, reverse=True)


def test_without_warm_up_the_rate_begins_at_its_peak() -> None:
    assert warmup_cosine(0, warm_up=0) == 0  # before the first step
    assert warmup_cosine(1e-6, warm_up=0) == pytest.approx(1)


def test_steps_beyond_the_last_have_no_rate() -> None:
    assert warmup_cosine(1.2, warm_up=0.02) == pytest.approx(0)


def test_an_average_forgets_the_first_weights_soon_and_remembers_a_tenth_of_the_training_at_most() -> None:
    assert average_decay(0, decay=0.998, num_steps=100_000) == pytest.approx(0.1)
    assert average_decay(50_000, decay=0.998, num_steps=100_000) == 0.998
    assert average_decay(1000, decay=0.998, num_steps=1000) == pytest.approx(1 - 1 / 100)
