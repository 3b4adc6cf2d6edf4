"""A run that is stopped goes on as if it had not been."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.training.fit.runs import progress_of, same_weights, train_here, wait_for
from training.fit.interrupt import Interrupted

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def uninterrupted(scripts: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Trains by a preset to the end, once for each preset; returns the run's folder."""
    folder = tmp_path_factory.mktemp("uninterrupted")

    def run(preset: Path) -> Path:
        if not (folder / preset.stem).exists():
            train_here(scripts, preset, folder / preset.stem)
        return folder / preset.stem

    return run


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "number", "code"),
    [
        ("preset_file", signal.SIGINT, 130),
        ("preset_file", signal.SIGTERM, 130),
        ("preset_file", signal.SIGKILL, -9),
        ("recipe_file", signal.SIGINT, 130),
    ],
)
def test_a_run_that_was_stopped_ends_with_the_weights_of_one_that_was_not(
    scripts: Path,
    uninterrupted: Callable[[Path], Path],
    request: pytest.FixtureRequest,
    tmp_path: Path,
    kind: str,
    number: signal.Signals,
    code: int,
) -> None:
    preset = request.getfixturevalue(kind)(epochs=20)
    command = [sys.executable, "-m", "training", "train", "--scripts", str(scripts), "--preset", str(preset)]
    command += ["--device", "cpu", "--folder", str(tmp_path / "stopped")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    wait_for(tmp_path / "stopped" / "checkpoint.pt", process)
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == code, output
    if number != signal.SIGKILL:
        assert "the state is saved, and the same command goes on from here" in output
    stopped_in = progress_of(tmp_path / "stopped")["epoch"]
    assert stopped_in < 20, "the run was over before it could be stopped"
    assert train_here(scripts, preset, tmp_path / "stopped").epoch == 20
    assert same_weights(uninterrupted(preset), tmp_path / "stopped")


@pytest.mark.parametrize("stop_after", ["the first step", "the last step of an epoch"])
def test_where_a_run_is_stopped_does_not_matter(
    scripts: Path, either_file: Callable[..., Path], tmp_path: Path, stop_after: str
) -> None:
    preset = either_file(epochs=2)
    whole = train_here(scripts, preset, tmp_path / "whole")
    steps = itertools.count(1)
    last = 1 if stop_after == "the first step" else whole.history[0].step
    with pytest.raises(Interrupted, match=f"stopped in epoch 1 at step {last};"):
        train_here(scripts, preset, tmp_path / "stopped", lambda: next(steps) == last)
    assert train_here(scripts, preset, tmp_path / "stopped").step == whole.step
    assert same_weights(tmp_path / "whole", tmp_path / "stopped")
