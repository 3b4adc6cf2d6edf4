"""Auxiliary scripts: what is learnt from them, what is told of them, and what is refused."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from coldopen.bundle.manifest import MANIFEST, Manifest
from coldopen.bundle.read import read_bundle
from tests.training.fit.runs import same_weights, train_here
from training.data.corpus import read_auxiliary
from training.release.summary import summary
from training.run import open_run

Training = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def strange(scripts: Path, tmp_path: Path) -> Path:
    """The scripts, with two words in their last tenth that their first nine do not have."""
    text = scripts.read_text()
    begin = text.index("\n\n", len(text) * 9 // 10 + 100)
    file = tmp_path / "strange.txt"
    file.write_text(text[:begin] + text[begin:].replace("soup", "stew").replace("street", "alley"))
    return file


@pytest.fixture
def others(scripts: Path, tmp_path: Path) -> Path:
    """Other scripts of the same grammar, which have these two words and a speaker that the first lack."""
    file = tmp_path / "others.txt"
    text = scripts.read_text().replace("soup", "stew").replace("street", "alley").replace("letter", "alley")
    file.write_text(text.replace("otto:", "xaver:"))
    return file


def test_words_that_only_the_auxiliary_scripts_use_are_learnt(
    strange: Path, others: Path, recipe_file: Callable[..., Path], tmp_path: Path
) -> None:
    file = recipe_file(epochs=5, learning_rate=0.02)
    alone = train_here(strange, file, tmp_path / "alone").best
    both = train_here(strange, file, tmp_path / "both", auxiliary=others).best
    assert alone.validation_perplexity_seen
    assert both.validation_perplexity_seen
    rise = both.validation_perplexity / both.validation_perplexity_seen  # with words that the training part lacks
    assert 1 < rise < (alone.validation_perplexity / alone.validation_perplexity_seen) ** 0.5
    words = read_bundle(str(tmp_path / "both" / "bundle")).vocabulary.words
    assert words == read_bundle(str(tmp_path / "alone" / "bundle")).vocabulary.words


def test_the_last_epochs_read_the_training_part_alone(
    scripts: Path, others: Path, recipe_file: Callable[..., Path], tmp_path: Path
) -> None:
    file = recipe_file(epochs=4)
    file.write_text(f"{file.read_text()}\nauxiliary_until = 0.5\n")
    alone, both = (
        train_here(scripts, file, tmp_path / name, auxiliary=auxiliary)
        for name, auxiliary in (("alone", None), ("both", others))
    )
    steps = [metrics.step for metrics in both.history]
    per_epoch = alone.history[0].step
    assert [after - before for before, after in pairwise(steps[1:])] == [per_epoch] * 2
    assert steps[0] > 1.8 * per_epoch


def test_a_run_with_auxiliary_scripts_goes_on_where_it_was_stopped(
    scripts: Path, others: Path, recipe_file: Callable[..., Path], tmp_path: Path, training: Training
) -> None:
    file = recipe_file(epochs=3)
    train_here(scripts, file, tmp_path / "whole", auxiliary=others)
    asked = iter(range(100_000))
    with pytest.raises(Exception, match="stopped in epoch 2"):
        train_here(scripts, file, tmp_path / "run", lambda: next(asked) == 120, auxiliary=others)
    train_here(scripts, file, tmp_path / "run", auxiliary=others)
    assert same_weights(tmp_path / "whole", tmp_path / "run")


def test_what_is_told_and_kept_of_them(
    scripts: Path, others: Path, recipe_file: Callable[..., Path], tmp_path: Path, training: Training
) -> None:
    arguments = ("--scripts", scripts, "--preset", recipe_file(epochs=1), "--folder", tmp_path / "run")
    done = training("train", *arguments, "--auxiliary", others)
    assert done.returncode == 0, done.stderr
    assert "auxiliary: read others.txt: " in done.stdout
    told = re.search(r"auxiliary: ([\d,]+) words, ([\d.]+)% of them not in the vocabulary", done.stdout)
    assert told
    assert 3 < float(told[2]) < 8  # stew, alley and xaver
    run, data = open_run(tmp_path / "run"), (tmp_path / "run" / "bundle" / MANIFEST).read_bytes()
    assert f"{len(run.auxiliary):,}" == told[1]
    assert json.loads(data)["training"]["auxiliary"] == run.about["auxiliary"]
    assert run.about["auxiliary"]["sources"] == ["others.txt"]
    assert "; beside it others.txt" in summary(Manifest.from_bytes(data, "here"), "1", None)
    copies = read_bundle(str(tmp_path / "run" / "bundle")).copies()
    ids = run.auxiliary.tolist()
    runs = [ids[begin : begin + 8] for begin in range(len(ids) - 7)]
    assert copies
    assert all(copies.holds(run_) for run_ in runs if run.pad_id not in run_)
    assert not any(copies.holds(run_) for run_ in runs[:200] if run.pad_id in run_[:4] and run.pad_id in run_[4:])

    again = training("train", *arguments)
    assert again.returncode == 1
    assert "made with another choice of auxiliary scripts" in again.stderr


def test_complete_needs_the_same_auxiliary_scripts(
    scripts: Path, others: Path, recipe_file: Callable[..., Path], tmp_path: Path, training: Training
) -> None:
    train_here(scripts, recipe_file(epochs=1), tmp_path / "run", auxiliary=others)
    before = read_bundle(str(tmp_path / "run" / "bundle")).version
    arguments = ("complete", "--folder", tmp_path / "run", "--scripts", scripts)
    assert "it was trained on auxiliary scripts too (others.txt)" in training(*arguments).stderr
    assert "not the auxiliary scripts of this model's" in training(*arguments, "--auxiliary", scripts).stderr
    done = training(*arguments, "--auxiliary", others)
    assert done.returncode == 0, done.stderr
    assert f"version {before}" in done.stdout  # nothing changed

    train_here(scripts, recipe_file(epochs=1), tmp_path / "alone")
    refused = training("complete", "--folder", tmp_path / "alone", "--scripts", scripts, "--auxiliary", others)
    assert "training, which had none" in refused.stderr


@pytest.mark.parametrize("missing", ["nowhere.txt", ""])
def test_scripts_that_are_not_there_are_refused(
    scripts: Path, recipe_file: Callable[..., Path], tmp_path: Path, training: Training, missing: str
) -> None:
    arguments = ("--scripts", scripts, "--preset", recipe_file(epochs=1), "--folder", tmp_path / "run")
    (tmp_path / "empty").mkdir()
    done = training("prepare", *arguments, "--auxiliary", tmp_path / (missing or "empty"))
    assert done.returncode == 1
    assert done.stderr.startswith("training: ")
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run" / "run.json").exists()


def test_a_preset_without_a_recipe_says_that_it_can_t(
    scripts: Path, others: Path, preset_file: Callable[..., Path], tmp_path: Path, training: Training
) -> None:
    arguments = ("--scripts", scripts, "--preset", preset_file(), "--folder", tmp_path / "run")
    done = training("train", *arguments, "--auxiliary", others)
    assert done.returncode == 1
    assert "preset 'small' has no [recipe], which auxiliary scripts need: choose another" in done.stderr


def test_the_office_is_fetched_and_read() -> None:
    corpus = read_auxiliary("office")
    assert corpus.sources == ("schrute.csv",)
    assert corpus.text.count("Michael: ") > 10_000
