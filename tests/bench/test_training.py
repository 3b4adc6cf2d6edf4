"""The bench of training races presets on a real, small corpus."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.training import race
from training.data.corpus import read_corpus
from training.fit.process_group import process_group
from training.preset import read_preset


def test_each_preset_trains_until_it_reaches_the_target(
    scripts: Path,
    preset_file: Callable[..., Path],
    recipe_file: Callable[..., Path],
    capfd: pytest.CaptureFixture[str],
) -> None:
    presets = [read_preset(str(write(epochs=30))) for write in (preset_file, recipe_file)]
    with process_group("cpu") as group:
        table = race(presets, read_corpus(scripts), target=5.0, seconds=60, turn_s=0.1, group=group)
    turns = capfd.readouterr().out
    for name in ("small", "recipe"):
        assert re.search(rf"^{name} +[\d,]+ words/s; 5.0 on test reached after \d+ s$", table, re.MULTILINE)
        *before, last = map(float, re.findall(rf"^{name}: ([\d.]+) on test after \d+ s$", turns, re.MULTILINE))
        assert last <= 5 < min(before)


def test_time_that_is_over_is_table(scripts: Path, preset_file: Callable[..., Path]) -> None:
    with process_group("cpu") as group:
        presets = [read_preset(str(preset_file(epochs=30)))]
        table = race(presets, read_corpus(scripts), target=1.0, seconds=0.2, turn_s=0.1, group=group)
    assert re.search(r"1.0 on test not reached, but [\d.]+ after [01] s$", table)
