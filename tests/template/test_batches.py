"""The state machine for batches, which is there for those who name a place for it. All of it after SAM's transform."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.template.stack import stack, statements_of, takes

pytestmark = pytest.mark.slow  # aws-sam-cli is installed for `make test` alone

PLACE = "s3://my-bucket/batches/"
NAME = "${AWS::Region}:${AWS::AccountId}"


def definition(**parameters: str) -> dict[str, Any]:
    made = stack(BatchPlace=PLACE, **parameters).only("AWS::StepFunctions::StateMachine")
    read: dict[str, Any] = json.loads(made["DefinitionString"])
    return read


def statements(**parameters: str) -> list[dict[str, Any]]:
    """What the state machine's role allows."""
    role = stack(BatchPlace=PLACE, **parameters).of_type("AWS::IAM::Role")["BatchesRole"]
    return statements_of(role)


def test_there_is_no_state_machine_unless_a_place_is_named() -> None:
    assert not stack().of_type("AWS::StepFunctions::StateMachine")
    assert "BatchesRole" not in stack().resources
    assert not {"BatchMachine", "BatchPlace"} & stack().outputs.keys()


def test_the_outputs_say_what_make_batch_needs() -> None:
    outputs = stack(BatchPlace=PLACE).outputs
    assert (outputs["BatchMachine"], outputs["BatchPlace"]) == ({"Ref": "Batches"}, PLACE)


def test_the_machine_may_invoke_the_function_and_use_its_place_and_nothing_else() -> None:
    invoke, use, start, describe = statements()
    assert invoke == {
        "Effect": "Allow",
        "Action": "lambda:InvokeFunction",
        "Resource": {"Ref": "WriterFunctionAliaslive"},
    }
    assert use["Resource"] == "arn:${AWS::Partition}:s3:::my-bucket/batches/*"
    assert use["Action"] == ["s3:GetObject", "s3:PutObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"]
    machine = f"arn:${{AWS::Partition}}:states:{NAME}:stateMachine:the-stack-batches"
    assert (start["Action"], start["Resource"]) == ("states:StartExecution", machine)
    assert describe["Resource"] == f"arn:${{AWS::Partition}}:states:{NAME}:execution:the-stack-batches:*"
    assert stack(BatchPlace=PLACE).only("AWS::StepFunctions::StateMachine")["StateMachineName"] == "the-stack-batches"


def test_only_step_functions_of_this_account_may_take_the_role() -> None:
    role = stack(BatchPlace=PLACE).of_type("AWS::IAM::Role")["BatchesRole"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "states.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_tracing_is_allowed_to_those_who_ask() -> None:
    assert len(statements(Tracing="on")) == len(statements()) + 1
    for tracing in ("on", "off"):
        made = stack(BatchPlace=PLACE, Tracing=tracing).only("AWS::StepFunctions::StateMachine")
        assert made["TracingConfiguration"] == {"Enabled": tracing == "on"}


def test_so_many_copies_as_are_asked_for_write_at_once() -> None:
    assert definition()["States"]["EachBatch"]["MaxConcurrency"] == 8  # of the 10 of a fresh account
    assert definition(BatchConcurrency="500")["States"]["EachBatch"]["MaxConcurrency"] == 500


def test_throttles_are_waited_for_and_other_faults_tried_again() -> None:
    throttles, others = definition()["States"]["EachBatch"]["ItemProcessor"]["States"]["Write"]["Retry"]
    assert throttles["ErrorEquals"] == ["Lambda.TooManyRequestsException"]
    assert others["ErrorEquals"] == ["States.ALL"]
    waits = [min(60, 2**attempt) for attempt in range(throttles["MaxAttempts"])]
    assert sum(waits) / 2 > 600  # seconds, with full jitter: longer than the whole account is ever at its limit


def test_the_invocation_may_take_as_long_as_the_function_does() -> None:
    made = stack(BatchPlace=PLACE).only("AWS::Lambda::Function")
    write = definition()["States"]["EachBatch"]["ItemProcessor"]["States"]["Write"]
    assert write["TimeoutSeconds"] > made["Timeout"]
    assert write["Parameters"]["FunctionName"] == "${Writer}"


@pytest.mark.parametrize(
    ("place", "is_taken"),
    [
        ("", True),
        (PLACE, True),
        ("s3://my-bucket/", True),
        ("s3://my-bucket", False),
        ("s3://my-bucket/batches", False),
        ("s3://my-bucket/*/", False),
        ("https://my-bucket/", False),
    ],
)
def test_a_place_is_a_folder(place: str, is_taken: bool) -> None:
    assert takes("BatchPlace", place) == is_taken
