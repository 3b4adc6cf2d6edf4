"""The learning curve."""

from __future__ import annotations

from pathlib import Path

import matplotlib.image

from training.curve import draw_curve, draw_curves


def test_the_curve_is_a_picture_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    history = [{"epoch": n, "train_perplexity": 300 / n, "validation_perplexity": 320 / n} for n in (1, 2, 3)]
    draw_curve(history, tmp_path / "curve.png")
    height, width, _ = matplotlib.image.imread(tmp_path / "curve.png").shape
    assert (height, width) == (480, 840)
    assert [file.name for file in tmp_path.iterdir()] == ["curve.png"]


def test_the_curves_of_trainings_of_different_length_are_one_picture(tmp_path: Path) -> None:
    histories = {
        "short": [{"validation_perplexity": 9.0}],
        "long": [{"validation_perplexity": 9.0 - n} for n in (1, 2)],
    }
    draw_curves(histories, tmp_path / "curves.png")
    assert matplotlib.image.imread(tmp_path / "curves.png").shape[:2] == (480, 840)
