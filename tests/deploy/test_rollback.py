"""`make rollback`: the model before, from the stack's own history."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.deploy.aws_stand_in import CloudFormation
from tests.deploy.conftest import Run
from tests.deploy.state import StackState

pytestmark = pytest.mark.slow

ONE, TWO = "s3://models/cold-open/0123456789ab/", "s3://models/cold-open/ba9876543210/"


@pytest.mark.timeout(400)
def test_it_serves_the_model_before_with_the_code_as_it_is(cloud: CloudFormation, project: Path, deploy: Run) -> None:
    for model in (ONE, TWO):
        assert deploy("up", "--model", model).returncode == 0
    stack = cloud.stacks["cold-open"]
    template, version = stack.template, stack.resources["WriterFunctionVersion" + version_hash(stack)]
    done = deploy("rollback", answers="y\n")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"  now   {TWO}\n  then  {ONE}\n" in done.stdout
    assert "to earlier code: git checkout COMMIT, then make deploy" in done.stdout
    assert "The API answers with tuned, version 0123456789ab: " in done.stdout
    assert (stack.parameters["ModelUri"], stack.template) == (ONE, template)
    assert stack.resources["WriterFunctionVersion" + version_hash(stack)] != version  # so `live` moves to a new one

    done = deploy("rollback", answers="\n")
    assert done.returncode == 1
    assert done.stderr == "deploy: nothing was changed\n"
    assert stack.parameters["ModelUri"] == ONE

    cloud.fails = True
    assert deploy("up", "--model", TWO).returncode == 1
    done = deploy("rollback", "--yes")
    assert f"CloudFormation has put {ONE} back already" in done.stderr

    assert deploy("up").returncode == 0
    cloud.fails = True
    done = deploy("rollback", "--yes")
    assert done.returncode == 1
    assert (
        f"the update failed (UPDATE_ROLLBACK_COMPLETE), cold-open serves {ONE} as before: WriterFunction: an alarm"
        in (done.stderr)
    )


def version_hash(stack: StackState) -> str:
    """What SAM's transform appended to the version's name."""
    (name,) = (name for name, it in stack.resources.items() if it["Type"] == "AWS::Lambda::Version")
    return name.removeprefix("WriterFunctionVersion")


def test_there_is_nothing_before_the_first_model(cloud: CloudFormation, deploy: Run) -> None:
    assert deploy("up").returncode == 0
    done = deploy("rollback", "--yes")
    assert done.returncode == 1
    assert "there is nothing to go back to" in done.stderr


def test_no_stack_is_told_with_where_it_was_looked_for(cloud: CloudFormation, deploy: Run) -> None:
    for command in ("rollback", "logs", "delete"):
        done = deploy(command, AWS_DEFAULT_REGION="eu-west-1")
        assert done.returncode == 1
        assert done.stderr.startswith("deploy: there is no stack cold-open in eu-west-1, account 123456789012: another")
