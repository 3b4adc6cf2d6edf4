"""The loop: what it leaves behind, and what it does where memory or numbers run out."""

from __future__ import annotations

import json
import math
import platform
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from coldopen.bundle.read import read_bundle
from coldopen.network import ScriptNetwork
from tests.training.fit.runs import same_weights, train_here, weights
from training.fit.loop import TrainingError

Command = Callable[..., subprocess.CompletedProcess[str]]


def test_a_run_learns_and_leaves_metrics_a_curve_and_a_bundle(trained_run: Path) -> None:
    history = [json.loads(line) for line in (trained_run / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in history] == list(range(1, 9))
    assert history[-1]["validation_perplexity"] < 3 < history[0]["validation_perplexity"]
    assert (trained_run / "curve.png").read_bytes().startswith(b"\x89PNG")
    bundle = read_bundle(str(trained_run / "bundle"))
    best = min(history, key=lambda line: float(line["validation_perplexity"]))
    about = bundle.manifest.training
    assert about["metrics"]["validation_perplexity"] == best["validation_perplexity"]
    assert about["epoch"] == best["epoch"]
    assert about["seconds"] == round(sum(line["seconds"] for line in history))
    assert about["preset"] == json.loads((trained_run / "run.json").read_text())["preset"]
    assert (about["torch"], about["python"]) == (torch.__version__, platform.python_version())


def test_the_same_preset_gives_the_same_weights_and_the_same_bundle(
    scripts: Path, either_file: Callable[..., Path], tmp_path: Path
) -> None:
    for name in ("one", "two"):
        train_here(scripts, either_file(epochs=1), tmp_path / name)
    assert same_weights(tmp_path / "one", tmp_path / "two")
    one, two = (read_bundle(str(tmp_path / name / "bundle")).state_dict() for name in ("one", "two"))
    assert all(torch.equal(tensor, two[name]) for name, tensor in one.items())


def test_out_of_memory_where_no_batch_is_to_blame_is_one_sentence(
    scripts: Path, preset_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_memory(*_: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB\nmore")

    monkeypatch.setattr(torch.optim.Adam, "step", no_memory)
    with pytest.raises(TrainingError, match=r"memory ran out where no smaller batch .* \(CUDA .* 2 GiB\)$"):
        train_here(scripts, preset_file(), tmp_path / "run")


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("CUDA error: out of memory"),
        RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory: you"),
        RuntimeError("cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED"),
    ],
)
def test_out_of_memory_halves_the_micro_batches_and_the_steps_stay_the_same(
    error: RuntimeError,
    scripts: Path, preset_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    preset, forward = preset_file(epochs=2, dropout=0.0), ScriptNetwork.forward  # each micro-batch drops other units
    whole = train_here(scripts, preset, tmp_path / "whole")

    def short_of_memory(self: ScriptNetwork, words: torch.Tensor, *state: Any) -> Any:
        if self.training and len(words) > 12:  # stands in for a GPU, which tests can't count on
            raise error
        return forward(self, words, *state)

    monkeypatch.setattr(ScriptNetwork, "forward", short_of_memory)
    parts = train_here(scripts, preset, tmp_path / "parts")
    assert (parts.micro_batch_size, parts.epoch, parts.step) == (8, 2, whole.step)
    output = capsys.readouterr().out
    assert "out of memory with 32 windows at once: going on with 16 at once, added up to the same steps" in output
    assert "out of memory with 16 windows at once: going on with 8 at once, added up to the same steps" in output
    for name, tensor in weights(tmp_path / "whole").items():
        assert torch.allclose(tensor, weights(tmp_path / "parts")[name], atol=1e-4), name


def test_a_window_that_does_not_fit_at_all_ends_the_training(
    scripts: Path, preset_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_memory(*_: Any) -> Any:
        raise torch.OutOfMemoryError

    monkeypatch.setattr(ScriptNetwork, "forward", no_memory)
    with pytest.raises(TrainingError, match="a single window does not fit into memory"):
        train_here(scripts, preset_file(), tmp_path / "run")


def test_a_loss_that_is_no_number_stops_naming_step_and_learning_rate(
    scripts: Path, preset_file: Callable[..., Path], tmp_path: Path, training: Command
) -> None:
    preset = preset_file(learning_rate=1e30)
    done = training("train", "--scripts", scripts, "--preset", preset, "--folder", tmp_path / "run", "--device", "cpu")
    assert done.returncode == 1
    assert "the loss is no longer a number (perplexity" in done.stderr
    assert "at step 2 with learning rate 1e+30: lower training.learning_rate" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_network_that_knows_nothing_starts_near_the_vocabulary_s_size(
    scripts: Path, preset_file: Callable[..., Path], tmp_path: Path
) -> None:
    progress = train_here(scripts, preset_file(epochs=1, learning_rate=1e-12), tmp_path / "run")
    vocabulary = len(json.loads((tmp_path / "run" / "vocab.json").read_text()))
    assert progress.history[0].train_perplexity == pytest.approx(vocabulary, rel=0.3)
    assert math.isfinite(progress.history[0].validation_perplexity)
