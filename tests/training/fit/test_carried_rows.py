"""The recipe: rows of running text, and what becomes of them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from coldopen.bundle.read import read_bundle
from coldopen.network import serving_network
from tests.training.fit.runs import train_here, weights
from training.data.ids import split_by_position
from training.evaluation.perplexity import carried_perplexity
from training.fit import carried_rows
from training.run import open_run

Command = Callable[..., subprocess.CompletedProcess[str]]


def test_a_recipe_learns_and_keeps_a_plain_network(
    scripts: Path, recipe_file: Callable[..., Path], preset_file: Callable[..., Path], tmp_path: Path
) -> None:
    progress = train_here(scripts, recipe_file(epochs=8, learning_rate=0.02), tmp_path / "run")
    assert progress.history[-1].validation_perplexity < min(3, progress.history[0].validation_perplexity)
    bundle = read_bundle(str(tmp_path / "run" / "bundle"))
    metrics = bundle.manifest.training["metrics"]
    network = serving_network(bundle.manifest.network, bundle.state_dict())
    split = split_by_position(open_run(tmp_path / "run").ids)
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
    assert progress.history[-1].validation_perplexity < 20
    bundle = read_bundle(str(tmp_path / "run" / "bundle"))
    network = serving_network(bundle.manifest.network, bundle.state_dict())
    split = split_by_position(open_run(tmp_path / "run").ids)
    perplexity = bundle.manifest.training["metrics"]["validation_perplexity"]
    assert carried_perplexity(network, split.validation) == pytest.approx(perplexity, rel=0.002)


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
    assert (progress.micro_batch_size, progress.epoch) == (4, 2)
    assert "out of memory with 18 windows at once: going on with 9 at once" in capsys.readouterr().out
    for name, tensor in weights(tmp_path / "whole").items():
        assert torch.allclose(tensor, weights(tmp_path / "parts")[name], atol=1e-2), name


def test_a_recipe_draws_words_at_first_and_scores_all_at_the_end(
    scripts: Path, recipe_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways: list[str] = []
    for way in ("sampled_loss", "full_loss"):
        loss = getattr(carried_rows, way)

        def noted(*arguments: Any, way: str = way, loss: Callable[..., torch.Tensor] = loss) -> torch.Tensor:
            ways.append(way)
            return loss(*arguments)

        monkeypatch.setattr(carried_rows, way, noted)
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
    assert best.unseen_constant
    assert best.validation_perplexity_seen
    assert best.validation_perplexity_seen < best.validation_perplexity
    bundle = read_bundle(str(tmp_path / "run" / "bundle"))
    bias = dict(zip(bundle.vocabulary.words, bundle.state_dict()["fc.bias"].tolist(), strict=True))
    assert bias["stew"] == pytest.approx(bias["vase"] + best.unseen_constant, abs=0.3)


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
