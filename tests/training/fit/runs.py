"""Runs that these tests train, and what they look for in them."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch

from training.data.corpus import read_auxiliary, read_corpus
from training.fit.interrupt import ShouldStop
from training.fit.loop import fit
from training.fit.process_group import process_group
from training.fit.progress import Progress
from training.preset import read_preset
from training.run import prepare

PROGRAMS = Path(__file__).with_name("programs")


def train_here(
    scripts: Path,
    preset_file: Path,
    folder: Path,
    should_stop: ShouldStop = lambda: False,
    device: str = "cpu",
    auxiliary: Path | None = None,
) -> Progress:
    """Train in this process, to the end if nothing stops it."""
    preset = read_preset(str(preset_file))
    with process_group(device) as group:
        beside = read_auxiliary(str(auxiliary)) if auxiliary else None
        return fit(prepare(folder, preset, read_corpus(scripts), beside), preset, group, should_stop)


def torchrun(*arguments: object, program: tuple[str, ...] = ("-m", "training")) -> list[str]:
    """The command line that trains with two processes."""
    command = [str(Path(sys.executable).with_name("torchrun")), "--standalone", "--nproc-per-node=2", *program]
    return [*command, *map(str, arguments), "--device", "cpu"]


def weights(folder: Path) -> dict[str, torch.Tensor]:
    """The weights that a run's checkpoint holds."""
    state: dict[str, Any] = torch.load(folder / "checkpoint.pt", weights_only=True)
    network: dict[str, torch.Tensor] = state["network"]
    return network


def progress_of(folder: Path) -> dict[str, Any]:
    """How far a run's checkpoint has come."""
    progress: dict[str, Any] = torch.load(folder / "checkpoint.pt", weights_only=True)["progress"]
    return progress


def same_weights(one: Path, other: Path) -> bool:
    """Whether two runs' weights are the same to the last bit."""
    return all(torch.equal(tensor, weights(other)[name]) for name, tensor in weights(one).items())


def wait_for(file: Path, process: subprocess.Popen[str]) -> None:
    """Wait until a training process has written a file."""
    begun = time.monotonic()
    while not file.exists():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() - begun < 60
        time.sleep(0.01)
