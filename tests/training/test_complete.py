"""Completing a bundle: it gets its lexicon and copies, and keeps all else."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from coldopen.bundle.manifest import COPIES, LEXICON, MANIFEST
from coldopen.bundle.read import read_bundle, read_files
from coldopen.files import write_file
from coldopen.vocabulary import tokenise
from tests.training.data.english_tables import english_table
from training.data.corpus import read_corpus
from training.data.english import english_of
from training.run import open_run

Training = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(trained_run: Path, tmp_path: Path) -> Path:
    """A trained run, this test's own to change."""
    shutil.copytree(trained_run, tmp_path / "run")
    return tmp_path / "run"


@pytest.fixture
def old_bundle(trained_run: Path, tmp_path: Path) -> Path:
    """A bundle as older versions wrote them, with a file beside that is none of the bundle's."""
    bundle = tmp_path / "old"
    shutil.copytree(trained_run / "bundle", bundle)
    manifest = json.loads((bundle / MANIFEST).read_bytes())
    for name in (LEXICON, COPIES):
        (bundle / name).unlink()
        del manifest["files"][name]
    del manifest["training"]["preset"]["training"]["fold"]
    (bundle / MANIFEST).write_text(json.dumps(manifest))
    (bundle / "README.md").write_text("About soup.")
    return bundle


def test_an_old_bundle_gets_a_lexicon_and_copies(old_bundle: Path, scripts: Path, training: Training) -> None:
    before = read_bundle(str(old_bundle))
    assert before.copies() is None
    done = training("complete", "--folder", old_bundle, "--scripts", scripts)
    assert done.returncode == 0, done.stderr
    after = read_bundle(str(old_bundle))
    assert set(after.lexicon.cues) == {"marla", "otto", "ines", "bo"}
    copies, ids = after.copies(), after.vocabulary.ids(tokenise(scripts.read_text()))
    assert copies is not None
    assert all(copies.holds(ids[begin : begin + 8]) for begin in range(0, len(ids) - 7, 97))
    assert after.version != before.version
    assert f"version {after.version}" in done.stdout


def test_weights_words_and_what_stands_beside_are_kept(old_bundle: Path, scripts: Path, training: Training) -> None:
    before = read_files(str(old_bundle))
    about = read_bundle(str(old_bundle)).manifest.training
    training("complete", "--folder", old_bundle, "--scripts", scripts)
    after = read_files(str(old_bundle))
    assert {name: after[name] for name in before if name != MANIFEST} == {
        name: data for name, data in before.items() if name != MANIFEST
    }
    assert read_bundle(str(old_bundle)).manifest.training == about
    assert (old_bundle / "README.md").read_text() == "About soup."


def test_completing_again_changes_nothing(run: Path, scripts: Path, training: Training) -> None:
    version = read_bundle(str(run / "bundle")).version
    training("complete", "--folder", run, "--scripts", scripts)
    assert read_bundle(str(run / "bundle")).version == version


def test_other_scripts_are_refused(old_bundle: Path, tmp_path: Path, training: Training) -> None:
    (tmp_path / "others.txt").write_text("bo: soup.\n" * 200)
    done = training("complete", "--folder", old_bundle, "--scripts", tmp_path / "others.txt")
    assert done.returncode == 1
    assert "others.txt is not what" in done.stderr
    assert read_bundle(str(old_bundle)).copies() is None


@pytest.mark.usefixtures("prose")
def test_english_s_casing_reaches_the_bundle_and_the_run(run: Path, scripts: Path, training: Training) -> None:
    done = training("complete", "--folder", run, "--scripts", scripts, "--english")
    assert done.returncode == 0, done.stderr
    assert read_bundle(str(run / "bundle")).lexicon.casing["soup"] == "Soup"
    assert open_run(run).lexicon.casing["soup"] == "Soup"


@pytest.fixture
def prose(monkeypatch: pytest.MonkeyPatch) -> None:
    """English in which soup is somebody's name."""
    counts = english_of(english_table(["They met Soup ."] * 50))
    monkeypatch.setattr("training.complete.read_english", lambda: counts)


@pytest.mark.usefixtures("prose")
def test_scripts_with_capitals_need_no_english(old_bundle: Path, tmp_path: Path, training: Training) -> None:
    text = "BO: I saw Otto and the soup of Marla there today.\n\n" * 50
    (tmp_path / "cased.txt").write_text(text)
    manifest = json.loads((old_bundle / MANIFEST).read_bytes())
    manifest["training"]["corpus"]["sha256"] = read_corpus(tmp_path / "cased.txt").sha256
    (old_bundle / MANIFEST).write_text(json.dumps(manifest))
    done = training("complete", "--folder", old_bundle, "--scripts", tmp_path / "cased.txt", "--english")
    assert done.returncode == 1
    assert "has capitals of its own, which say more than English does: leave --english out" in done.stderr


@pytest.mark.parametrize("name", [LEXICON, COPIES, MANIFEST])
def test_an_end_at_any_time_leaves_a_bundle_that_can_be_read(
    run: Path, scripts: Path, training: Training, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    written: list[str] = []

    def write_until(path: Path, data: bytes) -> None:
        if path.name == name and written:
            raise KeyboardInterrupt
        written.append(path.name)
        write_file(path, data)

    monkeypatch.setattr("training.complete.write_file", write_until)
    assert training("complete", "--folder", run / "bundle", "--scripts", scripts).returncode == 130
    assert read_bundle(str(run / "bundle")).copies() is None
