"""Several processes learn what one does; a device that can't be used is named."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tests.training.fit.runs import PROGRAMS, progress_of, same_weights, torchrun, train_here, wait_for, weights

Command = Callable[..., subprocess.CompletedProcess[str]]


def output_of(program: str, scripts: Path, preset: Path, folder: Path) -> str:
    """What two processes of a program that trains print; they end well."""
    arguments = ("train", "--scripts", scripts, "--preset", preset, "--folder", folder)
    command = torchrun(*arguments, program=(str(PROGRAMS / program),))
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_two_processes_learn_what_one_does(scripts: Path, preset_file: Callable[..., Path], tmp_path: Path) -> None:
    preset = preset_file(epochs=2, dropout=0.0)  # each process drops out other units
    train_here(scripts, preset, tmp_path / "one")
    command = torchrun("train", "--scripts", scripts, "--preset", preset, "--folder", tmp_path / "two")
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "2 processes" in done.stdout
    for name, tensor in weights(tmp_path / "one").items():
        assert torch.allclose(tensor, weights(tmp_path / "two")[name], atol=1e-4), name


@pytest.mark.slow
def test_two_processes_that_were_stopped_end_with_the_weights_of_two_that_were_not(
    scripts: Path, preset_file: Callable[..., Path], tmp_path: Path
) -> None:
    arguments = ("train", "--scripts", scripts, "--preset", preset_file(epochs=6), "--folder")
    whole, stopped = (torchrun(*arguments, tmp_path / name) for name in ("whole", "stopped"))
    subprocess.run(whole, capture_output=True, check=True, timeout=120)
    process = subprocess.Popen(stopped, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    wait_for(tmp_path / "stopped" / "checkpoint.pt", process)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert output.count("the state is saved, and the same command goes on from here") == 1
    stopped_in = progress_of(tmp_path / "stopped")["epoch"]
    assert stopped_in < 6, "the run was over before it could be stopped"
    subprocess.run(stopped, capture_output=True, check=True, timeout=120)
    assert same_weights(tmp_path / "whole", tmp_path / "stopped")


@pytest.mark.slow
def test_two_processes_that_share_rows_learn_what_one_does_though_they_were_stopped(
    scripts: Path, recipe_file: Callable[..., Path], tmp_path: Path
) -> None:
    preset = recipe_file(epochs=6, dropout=0.0, samples=0)  # each process drops out other units, draws other words
    train_here(scripts, preset, tmp_path / "one")
    command = torchrun("train", "--scripts", scripts, "--preset", preset, "--folder", tmp_path / "two")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    wait_for(tmp_path / "two" / "checkpoint.pt", process)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert output.count("the state is saved, and the same command goes on from here") == 1
    subprocess.run(command, capture_output=True, check=True, timeout=120)
    for name, tensor in weights(tmp_path / "one").items():
        assert torch.allclose(tensor, weights(tmp_path / "two")[name], atol=2e-2), name  # bfloat16 rounds otherwise


@pytest.mark.slow
def test_the_threads_of_the_group_end_before_python_does(
    scripts: Path, preset_file: Callable[..., Path], tmp_path: Path
) -> None:
    output = output_of("names_its_threads.py", scripts, preset_file(epochs=1), tmp_path / "run")
    for when, are_there in {"in training": True, "at the end": False}.items():
        threads = re.findall(f"threads {when}: (.*)", output)
        assert ["gloo_runloop" in names for names in threads] == [are_there] * 2, when


@pytest.mark.slow
def test_what_process_0_can_t_do_is_said_once(preset_file: Callable[..., Path], tmp_path: Path) -> None:
    command = torchrun("train", "--scripts", tmp_path / "absent.txt", "--preset", preset_file())
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1
    assert done.stderr.count("training: there are no scripts at") == 1
    assert "gloo" not in done.stderr.lower()


@pytest.mark.slow
def test_a_process_that_is_out_of_memory_halves_the_micro_batches_of_both(
    scripts: Path, preset_file: Callable[..., Path], tmp_path: Path
) -> None:
    output = output_of("short_of_memory.py", scripts, preset_file(epochs=1), tmp_path / "run")
    assert "out of memory with 32 windows at once: going on with 16 at once" in output
    assert "done: the best of 1 epochs" in output


def test_a_gpu_that_torch_can_t_use_is_not_passed_over_in_silence(
    scripts: Path, preset_file: Callable[..., Path], tmp_path: Path, training: Command
) -> None:
    if torch.cuda.is_available():
        pytest.skip("torch can use this machine's GPU")
    (tmp_path / "nvidia-smi").write_text("#!/bin/sh\nexit 0\n")  # a machine with a GPU, for all that can be asked
    (tmp_path / "nvidia-smi").chmod(0o755)
    arguments = ("train", "--scripts", scripts, "--preset", preset_file(epochs=1), "--folder", tmp_path / "run")
    path = f"{tmp_path}:{os.environ['PATH']}"
    refused = training(*arguments, PATH=path)
    assert refused.returncode == 1
    assert "this machine has a GPU, but torch" in refused.stderr
    forced = training(*arguments, "--device", "cpu", PATH=path)
    assert forced.returncode == 0, forced.stderr
    assert "training on the CPU" in forced.stdout
    asked = training(*arguments, "--device", "cuda")
    assert asked.returncode == 1
    assert "finds no CUDA device" in asked.stderr
