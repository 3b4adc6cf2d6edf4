"""The loop: what it leaves behind, how it stops and goes on, and how several processes agree."""

from __future__ import annotations

import json
import math
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from coldopen.bundle import read_bundle
from coldopen.network import ScriptNetwork, serving_network
from training import recipe
from training.corpus import read_corpus
from training.dataset import split_by_position
from training.devices import workers
from training.evaluation import carried_perplexity
from training.preset import read_preset
from training.run import open_run, prepare
from training.trainer import Progress, Training, TrainingError, train

Command = Callable[..., subprocess.CompletedProcess[str]]


def train_here(scripts: Path, preset_file: Path, folder: Path) -> Progress:
    preset = read_preset(str(preset_file))
    with workers("cpu") as together:
        return train(prepare(folder, preset, read_corpus(scripts)), preset, together)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    state: dict[str, Any] = torch.load(folder / "checkpoint.pt", weights_only=True)
    network: dict[str, torch.Tensor] = state["network"]
    return network


@pytest.fixture(params=["preset_file", "recipe_file"])
def either_file(request: pytest.FixtureRequest) -> Callable[..., Path]:
    """Writes a preset of the seed's kind, or one with a recipe."""
    write: Callable[..., Path] = request.getfixturevalue(request.param)
    return write


def same_weights(one: Path, other: Path) -> bool:
    return all(torch.equal(tensor, weights(other)[name]) for name, tensor in weights(one).items())


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
    one, two = (read_bundle(str(tmp_path / name / "bundle")).state_dict for name in ("one", "two"))
    assert all(torch.equal(tensor, two[name]) for name, tensor in one.items())


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
    scripts: Path, request: pytest.FixtureRequest, tmp_path: Path, kind: str, number: signal.Signals, code: int
) -> None:
    preset = request.getfixturevalue(kind)(epochs=20)
    train_here(scripts, preset, tmp_path / "whole")
    command = [sys.executable, "-m", "training", "train", "--scripts", str(scripts), "--preset", str(preset)]
    command += ["--device", "cpu", "--folder", str(tmp_path / "stopped")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    wait_for(tmp_path / "stopped" / "checkpoint.pt", process)
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == code, output
    if number != signal.SIGKILL:
        assert "the state is saved, and the same command goes on from here" in output
    stopped_in = torch.load(tmp_path / "stopped" / "checkpoint.pt", weights_only=True)["progress"]["epoch"]
    assert stopped_in < 20, "the run was over before it could be stopped"
    assert train_here(scripts, preset, tmp_path / "stopped").epoch == 20
    assert same_weights(tmp_path / "whole", tmp_path / "stopped")


def test_a_checkpoint_is_saved_within_an_epoch_too(
    scripts: Path, either_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    preset, backward, steps = either_file(epochs=2), Training._backward, iter(range(15))

    def power_cut(self: Training, *batch: Any) -> float:
        if next(steps) == 14:
            raise KeyboardInterrupt  # stands in for an end without notice: nothing is saved on the way out
        return backward(self, *batch)

    train_here(scripts, preset, tmp_path / "whole")
    monkeypatch.setattr("training.trainer._CHECKPOINT_EVERY_S", 0)
    monkeypatch.setattr(Training, "_backward", power_cut)
    with pytest.raises(KeyboardInterrupt):
        train_here(scripts, preset, tmp_path / "cut")
    saved = torch.load(tmp_path / "cut" / "checkpoint.pt", weights_only=True)["progress"]
    assert (saved["epoch"], saved["step"]) == (0, 14)
    assert saved["window"] > 0
    monkeypatch.setattr(Training, "_backward", backward)
    train_here(scripts, preset, tmp_path / "cut")
    assert same_weights(tmp_path / "whole", tmp_path / "cut")


def wait_for(file: Path, process: subprocess.Popen[str]) -> None:
    begun = time.monotonic()
    while not file.exists():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() - begun < 60
        time.sleep(0.01)


def test_two_processes_learn_what_one_does(scripts: Path, preset_file: Callable[..., Path], tmp_path: Path) -> None:
    preset = preset_file(epochs=2, dropout=0.0)  # each process drops out other units
    train_here(scripts, preset, tmp_path / "one")
    command = together("train", "--scripts", scripts, "--preset", preset, "--folder", tmp_path / "two")
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "2 processes" in done.stdout
    for name, tensor in weights(tmp_path / "one").items():
        assert torch.allclose(tensor, weights(tmp_path / "two")[name], atol=1e-4), name


def together(*arguments: object, program: tuple[str, ...] = ("-m", "training")) -> list[str]:
    """The command line that trains with two processes."""
    torchrun = str(Path(sys.executable).with_name("torchrun"))
    return [torchrun, "--standalone", "--nproc-per-node=2", *program, *map(str, arguments), "--device", "cpu"]


def test_two_processes_that_were_stopped_end_with_the_weights_of_two_that_were_not(
    scripts: Path, preset_file: Callable[..., Path], tmp_path: Path
) -> None:
    arguments = ("train", "--scripts", scripts, "--preset", preset_file(epochs=6), "--folder")
    whole, stopped = (together(*arguments, tmp_path / name) for name in ("whole", "stopped"))
    subprocess.run(whole, capture_output=True, check=True, timeout=120)
    process = subprocess.Popen(stopped, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    wait_for(tmp_path / "stopped" / "checkpoint.pt", process)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert output.count("the state is saved, and the same command goes on from here") == 1
    stopped_in = torch.load(tmp_path / "stopped" / "checkpoint.pt", weights_only=True)["progress"]["epoch"]
    assert stopped_in < 6, "the run was over before it could be stopped"
    subprocess.run(stopped, capture_output=True, check=True, timeout=120)
    assert same_weights(tmp_path / "whole", tmp_path / "stopped")


def test_two_processes_that_share_rows_learn_what_one_does_though_they_were_stopped(
    scripts: Path, recipe_file: Callable[..., Path], tmp_path: Path
) -> None:
    preset = recipe_file(epochs=6, dropout=0.0, samples=0)  # each process drops out other units, draws other words
    train_here(scripts, preset, tmp_path / "one")
    command = together("train", "--scripts", scripts, "--preset", preset, "--folder", tmp_path / "two")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    wait_for(tmp_path / "two" / "checkpoint.pt", process)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert output.count("the state is saved, and the same command goes on from here") == 1
    subprocess.run(command, capture_output=True, check=True, timeout=120)
    for name, tensor in weights(tmp_path / "one").items():
        assert torch.allclose(tensor, weights(tmp_path / "two")[name], atol=2e-2), name  # bfloat16 rounds otherwise


def test_what_process_0_can_t_do_is_said_once(preset_file: Callable[..., Path], tmp_path: Path) -> None:
    command = together("train", "--scripts", tmp_path / "absent.txt", "--preset", preset_file())
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1
    assert done.stderr.count("training: there are no scripts at") == 1
    assert "gloo" not in done.stderr.lower()


ONE_IS_SHORT_OF_MEMORY = """
import os, runpy, torch
from coldopen.network import ScriptNetwork
forward = ScriptNetwork.forward

def short_of_memory(self, words, *state):
    if self.training and os.environ["RANK"] == "1" and len(words) > 8:
        raise torch.OutOfMemoryError("CUDA out of memory")
    return forward(self, words, *state)

ScriptNetwork.forward = short_of_memory
runpy.run_module("training", run_name="__main__")
"""


def test_a_process_that_is_out_of_memory_halves_the_batch_of_both(
    scripts: Path, preset_file: Callable[..., Path], tmp_path: Path
) -> None:
    program = tmp_path / "short.py"
    program.write_text(ONE_IS_SHORT_OF_MEMORY)
    preset, folder = preset_file(epochs=1), tmp_path / "run"
    command = together("train", "--scripts", scripts, "--preset", preset, "--folder", folder, program=(str(program),))
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "out of memory with a batch of 32: going on with 16" in done.stdout
    assert "done: the best of 1 epochs" in done.stdout


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
def test_out_of_memory_halves_the_batch_and_goes_on(
    error: RuntimeError,
    scripts: Path, preset_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    forward = ScriptNetwork.forward

    def short_of_memory(self: ScriptNetwork, words: torch.Tensor, *state: Any) -> Any:
        if self.training and len(words) > 12:  # stands in for a GPU, which tests can't count on
            raise error
        return forward(self, words, *state)

    monkeypatch.setattr(ScriptNetwork, "forward", short_of_memory)
    progress = train_here(scripts, preset_file(epochs=2), tmp_path / "run")
    assert (progress.batch_size, progress.epoch) == (8, 2)
    told = capsys.readouterr().out
    assert "out of memory with a batch of 32: going on with 16" in told
    assert "out of memory with a batch of 16: going on with 8" in told


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


def test_a_damaged_checkpoint_is_named(scripts: Path, preset_file: Callable[..., Path], tmp_path: Path) -> None:
    preset = preset_file(epochs=1)
    train_here(scripts, preset, tmp_path / "run")
    checkpoint = tmp_path / "run" / "checkpoint.pt"
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    with pytest.raises(TrainingError, match=r"checkpoint\.pt is damaged .* remove it to start this run afresh"):
        train_here(scripts, preset, tmp_path / "run")


def test_a_network_that_knows_nothing_starts_near_the_vocabulary_s_size(
    scripts: Path, preset_file: Callable[..., Path], tmp_path: Path
) -> None:
    progress = train_here(scripts, preset_file(epochs=1, learning_rate=1e-12), tmp_path / "run")
    vocabulary = len(json.loads((tmp_path / "run" / "vocab.json").read_text()))
    assert progress.history[0]["train_perplexity"] == pytest.approx(vocabulary, rel=0.3)
    assert math.isfinite(progress.history[0]["validation_perplexity"])


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


def test_a_recipe_learns_and_keeps_a_plain_network(
    scripts: Path, recipe_file: Callable[..., Path], preset_file: Callable[..., Path], tmp_path: Path
) -> None:
    progress = train_here(scripts, recipe_file(epochs=8, learning_rate=0.02), tmp_path / "run")
    assert progress.history[-1]["validation_perplexity"] < min(3, progress.history[0]["validation_perplexity"])
    bundle = read_bundle(str(tmp_path / "run" / "bundle"))
    metrics = bundle.manifest.training["metrics"]
    network = serving_network(bundle.manifest.network, bundle.state_dict)
    split = split_by_position(open_run(tmp_path / "run").words)
    assert carried_perplexity(network, split.validation) == pytest.approx(metrics["validation_perplexity"], rel=0.002)
    assert carried_perplexity(network, split.test) == pytest.approx(metrics["test_perplexity"], rel=0.002)
    assert metrics["test_perplexity_seen"] < 3
    train_here(scripts, preset_file(epochs=1), tmp_path / "plain")
    assert weights(tmp_path / "run").keys() == weights(tmp_path / "plain").keys()


@pytest.mark.parametrize("more", ["tied = true", "proj_size = 12"])
def test_a_recipe_trains_tied_and_projected_networks(
    scripts: Path, recipe_file: Callable[..., Path], tmp_path: Path, more: str
) -> None:
    file = recipe_file(epochs=2)
    text = file.read_text().replace("embedding_dim = 16", "embedding_dim = 24")
    file.write_text(text.replace("[training]", f"{more}\n[training]"))
    progress = train_here(scripts, file, tmp_path / "run")
    assert progress.history[-1]["validation_perplexity"] < 20
    bundle = read_bundle(str(tmp_path / "run" / "bundle"))
    network = serving_network(bundle.manifest.network, bundle.state_dict)
    split = split_by_position(open_run(tmp_path / "run").words)
    told = bundle.manifest.training["metrics"]["validation_perplexity"]
    assert carried_perplexity(network, split.validation) == pytest.approx(told, rel=0.002)


def test_rows_that_do_not_fit_at_once_are_computed_in_parts_and_learn_the_same(
    scripts: Path,
    recipe_file: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    preset = recipe_file(epochs=2, dropout=0.0, samples=0)
    train_here(scripts, preset, tmp_path / "whole")
    lstm = torch.lstm

    def short_of_memory(inputs: torch.Tensor, *others: Any) -> Any:
        if inputs.shape[1] > 5:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return lstm(inputs, *others)

    monkeypatch.setattr(torch, "lstm", short_of_memory)
    progress = train_here(scripts, preset, tmp_path / "parts")
    assert (progress.batch_size, progress.epoch) == (4, 2)
    assert "out of memory with a batch of 18: going on with 9" in capsys.readouterr().out
    for name, tensor in weights(tmp_path / "whole").items():
        assert torch.allclose(tensor, weights(tmp_path / "parts")[name], atol=1e-2), name


def test_a_recipe_draws_words_at_first_and_scores_all_at_the_end(
    scripts: Path, recipe_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways: list[str] = []
    for way in ("sampled_loss", "full_loss"):
        loss = getattr(recipe, way)

        def noted(*arguments: Any, way: str = way, loss: Callable[..., torch.Tensor] = loss) -> torch.Tensor:
            ways.append(way)
            return loss(*arguments)

        monkeypatch.setattr(recipe, way, noted)
    progress = train_here(scripts, recipe_file(epochs=2), tmp_path / "run")
    half = progress.step // 2  # full_from
    assert ways == ["sampled_loss"] * half + ["full_loss"] * (progress.step - half)


def test_words_that_training_never_saw_are_expected_all_the_same(
    scripts: Path, recipe_file: Callable[..., Path], tmp_path: Path
) -> None:
    text = scripts.read_text()
    begin = text.index("\n\n", len(text) * 9 // 10 + 100)
    strange = tmp_path / "strange.txt"
    once = "marla: a vase, why?\n\n"  # like them are the words that training saw once
    strange.write_text(once + text[:begin] + text[begin:].replace("soup", "stew").replace("street", "alley"))
    progress = train_here(strange, recipe_file(epochs=4, learning_rate=0.02), tmp_path / "run")
    best = progress.best
    assert best["unseen_constant"] > 0
    assert best["validation_perplexity_seen"] < best["validation_perplexity"]
    bundle = read_bundle(str(tmp_path / "run" / "bundle"))
    bias = dict(zip(bundle.vocabulary.words, bundle.state_dict["fc.bias"].tolist(), strict=True))
    assert bias["stew"] == pytest.approx(bias["vase"] + best["unseen_constant"], abs=0.3)


def test_a_recipe_ends_when_validation_has_not_improved_for_long(
    scripts: Path, recipe_file: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = recipe_file(epochs=50, learning_rate=1e-9)
    file.write_text(file.read_text().replace("patience = 50", "patience = 2"))
    progress = train_here(scripts, file, tmp_path / "run")
    assert progress.epoch < 50
    assert "no better epoch in 2: training ends here" in capsys.readouterr().out
    assert (tmp_path / "run" / "curve.png").exists()
    assert train_here(scripts, file, tmp_path / "run").epoch == progress.epoch
