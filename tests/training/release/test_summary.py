"""What `publish` says that it sends, and what it takes for a toy."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coldopen.bundle.read import read_bundle
from coldopen.bundle.write import bundle_files, write_bundle

Training = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.parametrize("doubt", ["few words", "first epoch", "no better than a trigram"])
def test_a_toy_is_not_published_unless_one_insists(
    bucket: Any, untrained_folder: Path, training: Training, tmp_path: Path, doubt: str
) -> None:
    bundle = read_bundle(str(untrained_folder))
    about: dict[str, Any] = {
        "corpus": {"sources": ["mine.txt"], "words": 8_000 if doubt == "few words" else 500_000, "sha256": "ab" * 32},
        "preset": {"name": "small", "training": {"epochs": 9}},
        "epoch": 1 if doubt == "first epoch" else 5,
        "metrics": {"validation_perplexity": 80.0},
    }
    files = bundle_files(bundle.state_dict(), bundle.vocabulary, bundle.manifest.network, "small", about)
    version = write_bundle(tmp_path / "run" / "bundle", files)
    worse = 1 if doubt.startswith("no better") else -1
    of = {"carried state": {"seen": 50.0 + worse}, "Kneser-Ney trigram": {"seen": 50.0}}
    evaluation = {"model": {"version": version}, "perplexity": {"test": {"of": of}}}
    (tmp_path / "run" / "evaluation.json").write_text(json.dumps(evaluation))
    refused = training("publish", "--model", tmp_path / "run", "--bucket", "scripts")
    assert (refused.returncode, bucket.list_objects_v2(Bucket="scripts")["KeyCount"]) == (1, 0)
    assert "that looks like a toy: " in refused.stderr
    assert "add --yes" in refused.stderr
    told = {
        "few words": "it learnt from 8,000 words only, fewer than 20,000",
        "first epoch": "its training has not come past the first epoch",
        "no better than a trigram": "its perplexity of 51.0 is no better than a trigram's, 50.0",
    }
    assert [clause for clause in told.values() if clause in refused.stderr] == [told[doubt]]
    insisted = training("publish", "--model", tmp_path / "run", "--bucket", "scripts", "--yes")
    assert insisted.returncode == 0
    assert "corpus: mine.txt; " in insisted.stdout
    assert f"a Kneser-Ney trigram's: 50.0 ({'+2' if worse > 0 else '-2'}%)" in insisted.stdout


def test_an_evaluation_of_another_version_is_none(
    bucket: Any, trained_run: Path, training: Training, tmp_path: Path
) -> None:
    shutil.copytree(trained_run, tmp_path / "run")
    of = {"carried state": {"seen": 60.0}, "Kneser-Ney trigram": {"seen": 50.0}}
    evaluation = {"model": {"version": "0123456789ab"}, "perplexity": {"test": {"of": of}}}
    (tmp_path / "run" / "evaluation.json").write_text(json.dumps(evaluation))
    done = training("publish", "--model", tmp_path / "run", "--bucket", "scripts", "--yes")
    assert "not evaluated, so a trigram's is not known" in done.stdout
    assert f"from {tmp_path / 'run'}\n" in done.stdout
