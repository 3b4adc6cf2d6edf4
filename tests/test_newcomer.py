"""The newcomer's road, from a file of scripts to a published model, on scripts that nobody of Seinfeld speaks in."""

from __future__ import annotations

import re
from pathlib import Path

import boto3
import pytest
import requests

from coldopen.bundle.read import read_bundle
from tests.project_copy import copy_of_project, run, served

SPEAKERS = ("MARLA", "OTTO", "INES", "BO")
_LINES = 240  # some 2,000 words


@pytest.fixture(scope="module")
def said() -> list[str]:
    """All that the commands print."""
    return []


@pytest.fixture(scope="module")
def project(scripts: Path, said: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in which a model of one's own was trained."""
    copy = copy_of_project(tmp_path_factory.mktemp("newcomer") / "project")
    lines = scripts.read_text(encoding="utf-8").splitlines(keepends=True)[:_LINES]
    (copy / "mine.txt").write_text("".join(lines), encoding="utf-8")
    said.append(run("make train SCRIPTS=mine.txt", copy))
    assert "done: the best of " in said[0]
    return copy


@pytest.mark.slow
def test_generating_begins_with_somebody_of_these_scripts(project: Path, said: list[str]) -> None:
    said.append(run("make generate", project))
    assert said[-1].startswith(tuple(f"{name}\n" for name in SPEAKERS))


@pytest.mark.slow
def test_evaluating_opens_with_a_verdict(project: Path, said: list[str]) -> None:
    said.append(run("make evaluate", project))
    head, quality, copying = [line for line in said[-1].splitlines() if line][:3]
    assert head.startswith("runs/tuned-")
    assert re.match(r"(\d+% (better|worse) than|As good as) the trigram: perplexity ", quality)
    assert re.match(r"Copies (no )?more than held-out text: ", copying)
    assert "make train SCRIPTS=mine.txt PRESET=tuned" in next(project.glob("runs/tuned-*/README.md")).read_text()


@pytest.mark.slow
def test_serving_takes_a_run_s_folder(project: Path, said: list[str], tmp_path: Path) -> None:
    (folder,) = project.glob("runs/tuned-*")
    with served(f"make serve PORT=8080 MODEL_URI=runs/{folder.name}", project, tmp_path / "output") as port:
        url = f"http://localhost:{port}"
        assert requests.get(f"{url}/health", timeout=30).json()["model"]["name"] == "tuned"
        reply = requests.post(f"{url}/generate", json={"prime": "otto", "length": 20}, timeout=30).json()
        assert reply["prime"] == "otto"
        assert reply["script"].startswith(tuple(f"{name}\n" for name in SPEAKERS))  # a cue without a speech is left out
        said.append(run(f"make generate URL={url}", project))
        assert said[-1].startswith(tuple(f"{name}\n" for name in SPEAKERS))
    said.append((tmp_path / "output").read_text())
    assert "Open http" in said[-1]


@pytest.mark.slow
def test_publishing_sends_the_run_s_model(
    project: Path, said: list[str], s3: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    boto3.Session().client("s3", endpoint_url=s3).create_bucket(Bucket="mine")
    said.append(run("make publish BUCKET=mine YES=yes", project))
    (uri,) = set(re.findall(r"s3://mine/\S+/", said[-1]))
    assert read_bundle(uri).manifest.name == "tuned"


@pytest.mark.slow
def test_nobody_of_seinfeld_was_spoken_of(said: list[str], project: Path) -> None:
    assert not [line for output in said for line in output.splitlines() if re.search("(?i)jerry|seinfeld", line)]
