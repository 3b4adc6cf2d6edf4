"""Deployments one after the other, by `deploy` and by sam itself: the model stays until it is changed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from local.runtime import ROOT
from tests.deploy.aws_stand_in import CloudFormation
from tests.deploy.conftest import Run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

ONE, TWO = "s3://models/cold-open/0123456789ab/", "s3://models/cold-open/ba9876543210/"


def served(cloud: CloudFormation) -> str:
    """The model that the function of the stack would read."""
    variables = cloud.stacks["cold-open"].resources["WriterFunction"]["Properties"]["Environment"]["Variables"]
    return str(variables["MODEL_URI"] or "shipped")


def guided(sam: Run) -> subprocess.CompletedProcess[str]:
    """Run `sam deploy --guided` with Enter at each prompt."""
    return sam("deploy", "--guided", answers="\n" * 80)


def test_what_guided_saved_puts_no_model_back(cloud: CloudFormation, project: Path, deploy: Run, sam: Run) -> None:
    assert deploy("build").returncode == 0
    done = guided(sam)
    assert done.returncode == 0, done.stdout + done.stderr
    assert served(cloud) == "shipped"
    assert 'ModelUri=\\"shipped\\"' in (project / "samconfig.toml").read_text()

    assert deploy("up", "--model", ONE).returncode == 0
    assert served(cloud) == ONE
    assert sam("deploy").returncode == 0
    assert served(cloud) == ONE
    assert guided(sam).returncode == 0
    assert served(cloud) == ONE
    assert f'ModelUri=\\"{ONE}\\"' in (project / "samconfig.toml").read_text()

    assert deploy("rollback", "--yes").returncode == 0
    assert served(cloud) == "shipped"
    assert sam("deploy").returncode == 0
    assert served(cloud) == "shipped"
    assert guided(sam).returncode == 0
    assert served(cloud) == "shipped"


def test_a_colleague_s_fresh_checkout_keeps_the_model(
    cloud: CloudFormation, project: Path, deploy: Run, sam: Run
) -> None:
    assert deploy("up", "--model", ONE).returncode == 0
    deployments: list[Callable[[], subprocess.CompletedProcess[str]]]
    deployments = [lambda: deploy("up"), lambda: sam("deploy"), lambda: guided(sam)]
    for again in deployments:
        shutil.copy(ROOT / "samconfig.toml", project)
        shutil.rmtree(project / ".aws-sam")
        assert deploy("build").returncode == 0
        assert again().returncode == 0
        assert served(cloud) == ONE


def test_a_model_deployed_by_hand_is_kept_from_the_next_build_on(cloud: CloudFormation, deploy: Run, sam: Run) -> None:
    assert deploy("build").returncode == 0
    assert guided(sam).returncode == 0
    assert sam("deploy", "--parameter-overrides", f"ModelUri={ONE}").returncode == 0
    built = deploy("build")
    assert "took ModelUri out" in built.stdout
    assert sam("deploy").returncode == 0
    assert served(cloud) == ONE
    assert sam("deploy", "--parameter-overrides", f"ModelUri={TWO}").returncode == 0
    assert sam("deploy").returncode == 0
    assert served(cloud) == TWO


def test_each_environment_keeps_its_own_model(cloud: CloudFormation, deploy: Run, sam: Run) -> None:
    assert deploy("up", "--model", ONE).returncode == 0
    assert deploy("--env", "prod", "up", "--yes", "--model", TWO).returncode == 0
    for environment, stack in (("default", "cold-open"), ("prod", "cold-open-prod")):
        done = sam("deploy", "--guided", "--config-env", environment, answers="\n" * 31 + "y\n" * 5)
        assert f"Successfully created/updated stack - {stack}" in done.stdout, done.stdout + done.stderr
    models = {name: cloud.stacks[name].parameters["ModelUri"] for name in ("cold-open", "cold-open-prod")}
    assert models == {"cold-open": ONE, "cold-open-prod": TWO}
    assert cloud.stacks["cold-open-prod"].parameters["Shift"] == "Canary10Percent5Minutes"


def test_a_deployment_for_another_processor_than_was_built_for_is_refused(
    cloud: CloudFormation, deploy: Run, sam: Run
) -> None:
    assert deploy("build").returncode == 0
    done = sam("deploy", "--parameter-overrides", "Architecture=arm64")
    assert done.returncode == 1
    assert "Architecture failed to satisfy constraint: x86_64, which this was built for" in done.stderr
    assert "WriterFunction" not in cloud.stacks["cold-open"].resources
