"""The lock: two commands never write to one run; it goes with its process, and readers need none."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.runtime import ROOT
from training.lock import LockError, alone_in

Training = Callable[..., subprocess.CompletedProcess[str]]

HOLDER = (
    "import pathlib, sys; from training.lock import alone_in\n"
    "with alone_in(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
)


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that writes to the folder `run`, as far as anybody can tell."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "run")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_training_says_who_is_there_and_stops(
    holder: subprocess.Popen[str],
    scripts: Path,
    preset_file: Callable[..., Path],
    training: Training,
    tmp_path: Path,
) -> None:
    arguments = ("--scripts", scripts, "--preset", preset_file(epochs=1), "--folder", tmp_path / "run")
    for command in ("train", "prepare"):
        done = training(command, *arguments)
        assert done.returncode == 1
        assert done.stderr == (
            f"training: {tmp_path}/run is in use: process {holder.pid} writes there. Wait until it is done, or choose "
            "another folder with --folder\n"
        )
    assert {file.name for file in (tmp_path / "run").iterdir()} == {".lock"}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_it_dies_with_its_process(holder: subprocess.Popen[str], number: signal.Signals, tmp_path: Path) -> None:
    with pytest.raises(LockError), alone_in(tmp_path / "run"):
        pass
    holder.send_signal(number)
    holder.wait(30)
    with alone_in(tmp_path / "run"):
        pass


def test_a_file_where_the_folder_should_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").touch()
    with (
        pytest.raises(LockError, match="run is a file, and a run needs a folder: choose another with --folder"),
        alone_in(tmp_path / "run"),
    ):
        pass


def test_who_only_reads_need_not_wait(trained_run: Path, training: Training) -> None:
    with alone_in(trained_run):
        assert training("generate", "--model", trained_run, "--length", 5).returncode == 0
        assert training("evaluate", "--folder", trained_run, "--served").returncode == 0
        completing = training("complete", "--folder", trained_run, "--scripts", trained_run)
    assert completing.returncode == 1
    assert "is in use" in completing.stderr
