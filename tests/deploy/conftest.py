"""What the tests of `deploy` share: a copy of the project that builds in a second, and an AWS to deploy it to."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.runtime import ROOT
from tests.deploy.aws_stand_in import CloudFormation
from tests.deploy.server import served

# Stands in for the real build: the layer and the function as `deploy` looks at them, an ELF header and a Python's tag.
_MAKEFILE = """
TARGET := $(notdir $(CURDIR))
TAG := $(subst .,,$(patsubst python%,%,$(firstword $(subst -, ,$(TARGET)))))
MACHINE := $(if $(filter arm64,$(lastword $(subst -, ,$(TARGET)))),267,076)
build-TorchLayer build-WriterFunction:
\tmkdir -p "$(ARTIFACTS_DIR)/python/torch"
\tprintf '\\177ELF0123456789abcd\\$(MACHINE)\\000' > "$(ARTIFACTS_DIR)/python/torch/_C.cpython-$(TAG)-linux-gnu.so"
"""

# Stands in for `python -m training verify`, which has tests of its own: a version with an f in it is no bundle.
_VERIFY = """
import sys
if "f" in sys.argv[2].rstrip("/").rpartition("/")[2]:
    sys.exit("training: this is no bundle")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project's files that a deployment reads, with the environment of the original."""
    copy = tmp_path / "project"
    for part in ("deploy", "lambda_fn", "layer"):
        shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("template.yaml", "samconfig.toml"):
        shutil.copy(ROOT / part, copy)
    for part in ("layer", "lambda_fn"):
        (copy / part / "Makefile").write_text(_MAKEFILE)
    (copy / "training").mkdir()
    (copy / "training" / "__main__.py").write_text(_VERIFY)
    (copy / ".venv").symlink_to(ROOT / ".venv")
    return copy


@pytest.fixture
def cloud(s3: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudFormation]:
    """An account without stacks; the AWS settings point to it, S3's to moto."""
    account = CloudFormation(s3)
    with served(account) as url:
        account.api_url = f"{url}/v1"
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", s3)
        yield account


Run = Callable[..., subprocess.CompletedProcess[str]]


def _run(
    command: list[str], project: Path, answers: str, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "SAM_CLI_POLL_DELAY": "0.1", "SAM_CLI_TELEMETRY": "0", **environment}
    return subprocess.run(
        command, input=answers, capture_output=True, text=True, cwd=project, env=variables, check=False, timeout=120
    )


@pytest.fixture
def deploy(project: Path) -> Run:
    """Runs `python -m deploy`, as the Makefile does."""

    def run(*arguments: str, answers: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        command = [".venv/sam/bin/python", "-m", "deploy", *arguments]
        return _run(command, project, answers, {"PYTHONPATH": "lambda_fn", **environment})

    return run


@pytest.fixture
def sam(project: Path) -> Run:
    """Runs the real sam, as a person would by hand."""

    def run(*arguments: str, answers: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        return _run([".venv/sam/bin/sam", *arguments], project, answers, environment)

    return run
