"""Pictures show what they are given, and are there whole."""

from __future__ import annotations

from pathlib import Path

import matplotlib.image
import numpy
import pytest
from matplotlib.colors import to_rgb

from training.evaluation.calibration import Bin
from training.evaluation.plots import draw_learning_curve, draw_reliability, draw_validation_curves

FIRST, SECOND, THIRD = "C0", "C1", "C2"
"""The colours of a picture's lines, in their order."""


def pixels(picture: Path, colour: str) -> list[tuple[int, int]]:
    """Column and row, from the top left, of each pixel of a line's colour; the legend's line is left out."""
    image = matplotlib.image.imread(picture)[:, :, :3]
    is_coloured = numpy.all(numpy.abs(image - to_rgb(colour)) < 0.02, axis=2)
    is_coloured[:100, image.shape[1] // 2 :] = False  # where falling curves leave room for the legend
    return [(int(column), int(row)) for row, column in zip(*numpy.nonzero(is_coloured), strict=True)]


def test_the_learning_curve_has_a_line_for_each_perplexity_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    history = [
        {
            "epoch": n,
            "train_perplexity": 100 / n,
            "validation_perplexity": 300 / n,
            "validation_perplexity_seen": 200 / n,
        }
        for n in (1, 2, 3)
    ]
    draw_learning_curve(history, tmp_path / "curve.png")
    assert matplotlib.image.imread(tmp_path / "curve.png").shape[:2] == (480, 840)
    training, validation, seen = (pixels(tmp_path / "curve.png", colour) for colour in (FIRST, SECOND, THIRD))
    for line in (training, validation, seen):
        (left, top), (right, bottom) = min(line), max(line)
        assert right - left > 600  # it spans the picture
        assert bottom > top + 50  # and falls
    assert min(validation)[1] < min(seen)[1] < min(training)[1]  # the highest perplexity is at the top
    assert [file.name for file in tmp_path.iterdir()] == ["curve.png"]


def test_perplexity_over_seen_words_has_no_line_where_it_was_not_measured(tmp_path: Path) -> None:
    history = [{"epoch": n, "train_perplexity": 100 / n, "validation_perplexity": 300 / n} for n in (1, 2, 3)]
    draw_learning_curve(history, tmp_path / "curve.png")
    assert pixels(tmp_path / "curve.png", SECOND)
    assert not pixels(tmp_path / "curve.png", THIRD)


def test_the_curves_of_trainings_of_different_length_are_one_picture(tmp_path: Path) -> None:
    draw_validation_curves({"short": [90.0, 60.0], "long": [40.0, 20.0, 10.0]}, tmp_path / "curves.png")
    assert matplotlib.image.imread(tmp_path / "curves.png").shape[:2] == (480, 840)
    short, long = (pixels(tmp_path / "curves.png", colour) for colour in (FIRST, SECOND))
    assert min(short)[0] == pytest.approx(min(long)[0], abs=3)
    assert max(short)[0] < max(long)[0] - 200


def test_the_reliability_diagram_is_a_small_picture_of_its_bins(tmp_path: Path) -> None:
    draw_reliability([Bin(3, 0.2, 0.3), Bin(1, 0.9, 0.5)], tmp_path / "calibration.png")
    assert [file.name for file in tmp_path.iterdir()] == ["calibration.png"]
    assert (tmp_path / "calibration.png").stat().st_size < 75_000
    line = pixels(tmp_path / "calibration.png", FIRST)
    columns, rows = [column for column, _ in line], [row for _, row in line]
    assert max(columns) - min(columns) > 250  # from 0.2 to 0.9
    assert max(rows) > 350  # the bars below


def test_a_picture_that_can_t_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "curve.png").mkdir()
    with pytest.raises(OSError, match="directory"):
        draw_validation_curves({"one": [9.0]}, tmp_path / "curve.png")
    assert [file.name for file in tmp_path.iterdir()] == ["curve.png"]
