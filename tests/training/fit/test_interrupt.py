"""A run that is stopped goes on as if it had not been."""

from __future__ import annotations

import itertools
import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from local.runtime import ROOT
from tests.training.fit.runs import PROGRAMS, progress_of, same_weights, train_here, wait_for
from training.fit.interrupt import Interrupted, stop_signals

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


def same_results(one: Path, other: Path) -> None:
    """Compare all that two runs leave behind, but for the seconds that it took."""
    assert same_weights(one, other)
    for name in ("state_dict.safetensors", "serving.safetensors", "vocab.json", "lexicon.json", "copies.bin"):
        assert (one / "bundle" / name).read_bytes() == (other / "bundle" / name).read_bytes(), name
    manifests = [json.loads((folder / "bundle" / "manifest.json").read_bytes()) for folder in (one, other)]
    assert all(manifest["training"].pop("seconds") >= 0 for manifest in manifests)
    assert manifests[0] == manifests[1]
    metrics = [list(map(json.loads, (folder / "metrics.jsonl").read_text().splitlines())) for folder in (one, other)]
    for line in (*metrics[0], *metrics[1]):
        del line["seconds"], line["words_per_s"]
    assert metrics[0] == metrics[1]


@pytest.mark.slow
def test_ten_kills_at_random_moments_change_nothing(
    scripts: Path, uninterrupted: Callable[[Path], Path], recipe_file: Callable[..., Path], tmp_path: Path
) -> None:
    preset, rng = recipe_file(epochs=30), random.Random(11)
    preset = preset.rename(preset.with_name("thirty.toml"))  # `uninterrupted` knows presets by their names
    command = [sys.executable, "-m", "training", "train", "--scripts", str(scripts), "--preset", str(preset)]
    command += ["--device", "cpu", "--folder", str(tmp_path / "killed")]
    for _ in range(10):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert process.stdout
        assert process.stdout.readline().startswith("read ")  # it has begun
        time.sleep(rng.uniform(0, 0.6))
        process.kill()
        output, _ = process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL, output
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    same_results(uninterrupted(preset), tmp_path / "killed")


@pytest.mark.slow
@pytest.mark.timeout(600)  # some seventy trainings
def test_a_kill_between_any_two_renames_changes_nothing(
    scripts: Path, recipe_file: Callable[..., Path], tmp_path: Path
) -> None:
    preset = recipe_file(epochs=2)
    preset = preset.rename(preset.with_name("two.toml"))
    short = tmp_path / "short.txt"
    short.write_text("".join(scripts.read_text("utf-8").splitlines(keepends=True)[:250]), encoding="utf-8")
    train_here(short, preset, tmp_path / "whole")
    command = [sys.executable, str(PROGRAMS / "killed_at_renames.py"), str(tmp_path / "killed"), "train"]
    command += ["--scripts", str(short), "--preset", str(preset), "--device", "cpu"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=580, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    folders = list((tmp_path / "killed").iterdir())
    assert len(folders) > 30
    for folder in folders:
        same_results(tmp_path / "whole", folder)


def test_ctrl_c_again_stops_at_once(capfd: pytest.CaptureFixture[str]) -> None:
    def press_twice() -> None:
        with stop_signals() as should_stop:
            signal.raise_signal(signal.SIGINT)
            assert should_stop()
            signal.raise_signal(signal.SIGTERM)  # of a system that shuts down: the state is saved all the same
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(Interrupted, match="stopped at once; the same command goes on from the last state"):
        press_twice()
    assert capfd.readouterr().err.count("stopping after this step, and saving the state; Ctrl-C again stops") == 1
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
