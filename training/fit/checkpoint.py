"""The checkpoint: all that a training needs to go on as if it had never stopped, in one file."""

from __future__ import annotations

import io
from dataclasses import asdict
from pathlib import Path

import torch

from coldopen.errors import ColdOpenError
from training.digests import read_checked, write_files
from training.fit.method import Method
from training.fit.process_group import ProcessGroup
from training.fit.progress import Progress

_AFRESH = "remove it to start this run afresh"


class CheckpointError(ColdOpenError):
    """A checkpoint that can't be gone on from."""


def save(file: Path, method: Method, scaler: torch.GradScaler, progress: Progress, group: ProcessGroup) -> None:
    """Write the checkpoint, whole or not at all; every process must call this, and process 0 writes.

    Raises:
        OSError: if it can't be written.
    """
    of_method = method.state_dict()  # gathered from all processes
    if not group.is_main:
        return
    buffer = io.BytesIO()
    state = {
        "network": method.network.state_dict(),
        "optimiser": method.optimiser.state_dict(),
        "scaler": scaler.state_dict(),
        "progress": asdict(progress),
        "method": of_method,
    }
    torch.save(state, buffer)
    write_files(file.parent, {file.name: buffer.getvalue()})


def restore(file: Path, method: Method, scaler: torch.GradScaler) -> Progress:
    """Load the state of a checkpoint into method and scaler, and return its progress.

    Raises:
        DigestError: if the file is damaged.
        CheckpointError: if it is another training's.
    """
    content = read_checked(file.parent, file.name, f"Put back a copy of it, or {_AFRESH}")
    try:
        state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)  # Adam counts its steps there
        method.network.load_state_dict(state["network"])
        method.optimiser.load_state_dict(state["optimiser"])
        if state["scaler"]:  # empty from a run on the CPU
            scaler.load_state_dict(state["scaler"])
        method.load_state_dict(state["method"])
        return Progress.from_dict(state["progress"])
    except Exception:  # torch.load raises whatever its parser meets, and says it in words of its own
        raise CheckpointError(
            f"{file} can't be gone on from: another preset or another version of Cold Open wrote it; {_AFRESH}"
        ) from None
