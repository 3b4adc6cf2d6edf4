"""The bundle that a run's or a bundle's folder means."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from coldopen.errors import BundleError
from training.data.corpus import read_corpus
from training.digests import DigestError
from training.preset import read_preset
from training.run import prepare
from training.run_bundle import checked_bundle, run_of


def test_a_run_that_was_only_prepared_has_no_bundle(
    preset_file: Callable[..., Path], scripts: Path, tmp_path: Path
) -> None:
    prepare(tmp_path / "run", read_preset(str(preset_file())), read_corpus(scripts))
    with pytest.raises(BundleError, match="has no bundle yet: train it at least to the end of an epoch"):
        checked_bundle(tmp_path / "run")
    assert checked_bundle(tmp_path) == tmp_path


def test_a_bundle_that_does_not_lie_in_a_run_is_taken_as_it_is(trained_run: Path, tmp_path: Path) -> None:
    copy = tmp_path / "bundle"
    shutil.copytree(trained_run / "bundle", copy)
    (copy / "manifest.json").write_text("other")
    assert run_of(copy) is None
    assert checked_bundle(copy) == copy


@pytest.mark.parametrize("name", ["", "bundle"])
def test_the_bundle_of_a_run_from_before_digests_is_good_as_ever(trained_run: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(trained_run, tmp_path / "run")
    (tmp_path / "run" / "digests.json").unlink()
    assert checked_bundle(tmp_path / "run" / name) == tmp_path / "run" / "bundle"


@pytest.mark.parametrize("name", ["", "bundle"])
def test_the_bundle_of_a_run_is_the_one_trained_there_however_it_is_named(
    trained_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    run = tmp_path / "run"
    shutil.copytree(trained_run, run)
    assert checked_bundle(run / name) == run / "bundle"
    (run / "bundle" / "manifest.json").write_bytes((run / "bundle" / "manifest.json").read_bytes() + b" ")
    with pytest.raises(DigestError, match=r"bundle/manifest\.json is damaged"):
        checked_bundle(run / name)
    monkeypatch.chdir(run / name)
    with pytest.raises(DigestError, match=r"bundle/manifest\.json is damaged"):
        checked_bundle(Path())
