"""The learning curve."""

from __future__ import annotations

from pathlib import Path

import matplotlib.image

from training.curve import draw_curve


def test_the_curve_is_a_picture_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    history = [{"epoch": n, "train_perplexity": 300 / n, "validation_perplexity": 320 / n} for n in (1, 2, 3)]
    draw_curve(history, tmp_path / "curve.png")
    height, width, _ = matplotlib.image.imread(tmp_path / "curve.png").shape
    assert (height, width) == (480, 840)
    assert [file.name for file in tmp_path.iterdir()] == ["curve.png"]
