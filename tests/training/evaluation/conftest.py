"""What these tests share: a small run that was evaluated once."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from training.evaluation.report import evaluate
from training.evaluation.target import open_target


@pytest.fixture(scope="session")
def evaluated(trained_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run's folder with its evaluation."""
    folder = tmp_path_factory.mktemp("evaluated") / "run"
    shutil.copytree(trained_run, folder)
    evaluate(open_target(folder, None))
    return folder


@pytest.fixture
def evaluation(evaluated: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((evaluated / "evaluation.json").read_bytes())
    return content
