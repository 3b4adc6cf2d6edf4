"""The sweep: a table and a picture of trainings that differ in one number."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from training.data.corpus import read_corpus
from training.fit.process_group import process_group
from training.sweep import sweep


@pytest.mark.slow
def test_a_sweep_changes_one_number_at_a_time_and_goes_on_where_it_was(
    scripts: Path,
    training: Callable[..., subprocess.CompletedProcess[str]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "sweep"
    arguments = ("sweep", "--scripts", scripts, "--folder", folder, "--device", "cpu")
    done = training(*arguments, "--words", 5000, "--epochs", 2)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(f"written: {folder / 'sweep.md'}, {folder / 'sweep.png'}\n")
    table = (folder / "sweep.md").read_text()
    rows = table.splitlines()[2:]
    assert [row.split(" | ")[0] for row in rows] == [
        "| the preset: sequence length 10, batch 256, learning rate 0.001",
        "| sequence length 100",
        "| learning rate 0.03",
        "| batch 512",
    ]
    steps = [int(re.sub(r"\D", "", row.split(" | ")[4])) for row in rows]
    assert steps[0] == steps[2] > max(steps[1], steps[3])  # longer windows and larger batches: fewer steps
    assert (folder / "sweep.png").read_bytes().startswith(b"\x89PNG")
    with process_group("cpu") as group:
        assert sweep(read_corpus(scripts), 5000, 2, folder, group, lambda: False) == table
    assert "epoch 1:" not in capsys.readouterr().out


def test_no_epochs_are_refused_in_a_sentence(
    scripts: Path, training: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    done = training("sweep", "--scripts", scripts, "--epochs", 0)
    assert (done.returncode, done.stderr) == (1, "training: --words and --epochs must be at least 1\n")
