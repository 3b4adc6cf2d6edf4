"""`make delete` and `make logs`."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import boto3
import pytest

from tests.deploy.aws_stand_in import CloudFormation
from tests.deploy.conftest import Run
from tests.deploy.test_up import write_parameters

pytestmark = pytest.mark.slow


def test_it_asks_and_says_what_stays_and_how_to_remove_it(cloud: CloudFormation, project: Path, deploy: Run) -> None:
    write_parameters(project, '["ModelBucket=on"]')
    assert deploy("up").returncode == 0
    refused = deploy("delete", answers="n\n")
    assert (refused.returncode, refused.stderr) == (1, "deploy: nothing was changed\n")
    assert "cold-open" in cloud.stacks
    done = deploy("delete", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "cold-open" not in cloud.stacks
    assert "the bucket cold-open-models, with the models in it" in done.stdout
    assert "aws logs delete-log-group --log-group-name cold-open-writerlogs --region us-east-1" in done.stdout
    assert "sam delete --stack-name aws-sam-cli-managed-default --region us-east-1" in done.stdout
    assert "Version" not in done.stdout  # a function's versions go with it


def test_nobody_there_to_answer_is_a_no(cloud: CloudFormation, deploy: Run) -> None:
    assert deploy("up").returncode == 0
    done = deploy("delete")
    assert done.returncode == 1
    assert "YES=yes answers in advance" in done.stderr
    assert "cold-open" in cloud.stacks


def test_logs_follows_the_log_group_of_the_function(cloud: CloudFormation, s3: str, project: Path, deploy: Run) -> None:
    assert deploy("up").returncode == 0
    group = {"logGroupName": "cold-open-writerlogs"}
    logs = boto3.client("logs", endpoint_url=s3)
    logs.create_log_group(**group)
    logs.create_log_stream(**group, logStreamName="one")
    event = {"timestamp": int(time.time() * 1000), "message": "a line of the function"}
    logs.put_log_events(**group, logStreamName="one", logEvents=[event])
    environment = {**os.environ, "PYTHONPATH": "lambda_fn", "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS": s3}
    command = [".venv/sam/bin/python", "-u", "-m", "deploy", "logs"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=project, env=environment) as following:
        assert following.stdout is not None
        assert next(following.stdout) == "cold-open-writerlogs in us-east-1; stop with Ctrl-C\n"
        assert any("a line of the function" in line for line in following.stdout)
        following.send_signal(signal.SIGINT)
        assert following.wait(30) == 130
