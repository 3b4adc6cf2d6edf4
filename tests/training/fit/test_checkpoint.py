"""The checkpoint: when it is saved, and what is said of a damaged one."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.training.fit.runs import progress_of, same_weights, train_here
from training.digests import write_files
from training.fit.checkpoint import CheckpointError

Command = Callable[..., subprocess.CompletedProcess[str]]


def test_a_checkpoint_is_saved_within_an_epoch_too(
    scripts: Path, either_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    preset, steps = either_file(epochs=2), iter(range(1, 16))

    def power_cut() -> bool:
        if next(steps) == 15:
            raise KeyboardInterrupt  # stands in for an end without notice: nothing is saved on the way out
        return False

    train_here(scripts, preset, tmp_path / "whole")
    monkeypatch.setattr("training.fit.loop._CHECKPOINT_EVERY_S", 0)
    with pytest.raises(KeyboardInterrupt):
        train_here(scripts, preset, tmp_path / "cut", power_cut)
    saved = progress_of(tmp_path / "cut")
    assert (saved["epoch"], saved["step"]) == (0, 14)
    assert saved["window"] > 0
    train_here(scripts, preset, tmp_path / "cut")
    assert same_weights(tmp_path / "whole", tmp_path / "cut")


def test_a_checkpoint_of_another_network_is_answered_in_our_own_words(
    scripts: Path, preset_file: Callable[..., Path], tmp_path: Path
) -> None:
    preset = preset_file(epochs=1)
    train_here(scripts, preset, tmp_path / "run")
    for content in (b"PK no checkpoint", b""):
        write_files(tmp_path / "run", {"checkpoint.pt": content})
        with pytest.raises(CheckpointError) as caught:
            train_here(scripts, preset, tmp_path / "run")
        assert str(caught.value) == (
            f"{tmp_path}/run/checkpoint.pt can't be gone on from: another preset or another version of Cold Open wrote "
            "it; remove it to start this run afresh"
        )
