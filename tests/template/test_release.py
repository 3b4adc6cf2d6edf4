"""What makes a new version of the function, and how requests move to it. All of it after SAM's transform."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.template.stack import TEMPLATE, Stack, stack

pytestmark = pytest.mark.slow  # aws-sam-cli is installed for `make test` alone

# Of each parameter that the function sees, a value other than the default.
SEEN = {
    "Architecture": "arm64",
    "Runtime": "python3.14",
    "ModelUri": "s3://bucket/prefix/0123456789ab/",
    "MemorySize": "3008",
    "MaxLength": "2000",
    "CorsOrigin": "https://example.com",
    "BasePath": "/coldopen",
    "LogLevel": "DEBUG",
    "Tracing": "on",
    "SnapStart": "on",
}
# Of each other parameter; a second version equal to the first is refused by Lambda, and the deployment would fail.
UNSEEN = {
    "Access": "key",
    "RateLimit": "2",
    "BurstLimit": "30",
    "DailyQuota": "10",
    "KeyNumber": "2",
    "ReservedConcurrency": "5",
    "Shift": "Canary10Percent5Minutes",
    "LogRetentionDays": "7",
    "AccessLog": "on",
    "AlarmEmail": "me@example.com",
    "ModelBucket": "on",
    "KmsKeyArn": "arn:aws:kms:us-east-1:111122223333:key/0123",
    "BatchPlace": "s3://my-bucket/batches/",
    "BatchConcurrency": "5",
}


def version(made: Stack) -> tuple[str, str]:
    """What CloudFormation tells one version of the function from another by.

    A resource of another name is another resource, and AWS::Lambda::Version is replaced where its description changes
    ("Update requires: Replacement" in its reference).
    """
    ((name, properties),) = made.of_type("AWS::Lambda::Version").items()
    return name, properties["Description"]


def test_each_parameter_is_known_to_be_seen_by_the_function_or_not() -> None:
    section = re.search(r"^Parameters:\n(.*?)^\S", TEMPLATE.read_text(), re.DOTALL | re.MULTILINE)
    assert section
    assert set(re.findall(r"^  (\w+):", section[1], re.MULTILINE)) == SEEN.keys() | UNSEEN.keys()


@pytest.mark.parametrize("parameter", SEEN)
def test_what_the_function_sees_otherwise_is_a_new_version(parameter: str) -> None:
    assert version(stack(**{parameter: SEEN[parameter]})) != version(stack())


def test_what_the_function_does_not_see_is_no_new_version() -> None:
    assert version(stack(**UNSEEN)) == version(stack())
    different = {"ReservedConcurrentExecutions"}  # of the function as a whole, not of a version
    one, other = stack(**UNSEEN).only("AWS::Lambda::Function"), stack().only("AWS::Lambda::Function")
    assert {name: it for name, it in one.items() if name not in different} == other


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("CodeUri: lambda_fn/", "CodeUri: lambda_fn/changed"),
        ("Timeout: 29", "Timeout: 28"),
    ],
)
def test_other_code_or_another_template_is_a_new_version(before: str, after: str, tmp_path: Path) -> None:
    changed = tmp_path / "template.yaml"
    text = TEMPLATE.read_text()
    assert before in text
    (tmp_path / "lambda_fn").mkdir()
    (tmp_path / "layer").mkdir()
    changed.write_text(text.replace(before, after))
    assert version(stack(changed)) != version(stack())


def test_another_layer_is_a_new_version() -> None:
    made = stack()
    (layer,) = made.of_type("AWS::Lambda::LayerVersion")
    assert "${Layer}" in version(made)[1]  # the last part of the layer's ARN, which is known once it is there
    assert made.only("AWS::Lambda::Function")["Layers"] == [{"Ref": layer}]


def test_a_version_s_description_has_room_for_all_that_it_names() -> None:
    text = TEMPLATE.read_text()

    def longest(parameter: str) -> int:
        declared = re.search(rf"^  {parameter}:\n(?:    .*\n)+", text, re.MULTILINE)
        assert declared
        if limit := re.search(r"MaxLength: (\d+)", declared[0]):
            return int(limit[1])
        if values := re.search(r"AllowedValues: \[(.*)\]", declared[0]):
            return max(len(value.strip('" ')) for value in values[1].split(","))
        return {"MemorySize": 5, "MaxLength": 9}[parameter]

    layer_s_number = 6
    assert sum(longest(parameter) + 1 for parameter in SEEN) + layer_s_number <= 256  # Lambda's limit


def test_a_former_version_goes_when_the_new_one_serves() -> None:
    (made,) = [it for it in stack().resources.values() if it["Type"] == "AWS::Lambda::Version"]
    assert made["DeletionPolicy"] == made.get("UpdateReplacePolicy", "Delete") == "Delete"


def test_all_requests_move_at_once_unless_asked_otherwise() -> None:
    assert not [kind for kind in (it["Type"] for it in stack().resources.values()) if "CodeDeploy" in kind]


@pytest.mark.parametrize("shift", ["Linear10PercentEvery1Minute", "Canary10Percent5Minutes"])
def test_a_gradual_shift_goes_back_if_an_alarm_goes_off(shift: str) -> None:
    made = stack(Shift=shift)
    group = made.only("AWS::CodeDeploy::DeploymentGroup")
    assert group["DeploymentConfigName"] == f"CodeDeployDefault.Lambda{shift}"
    assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
    alarms = [it["Name"]["Ref"] for it in group["AlarmConfiguration"]["Alarms"]]
    assert alarms == ["ServerErrorAlarm", "ModelUnavailableAlarm", "LatencyAlarm"]
    assert set(alarms) <= made.of_type("AWS::CloudWatch::Alarm").keys()
    assert "CodeDeployLambdaAliasUpdate" in made.resources["WriterFunctionAliaslive"]["UpdatePolicy"]


def test_snapshots_and_reserved_copies_are_for_those_who_ask() -> None:
    function = stack().only("AWS::Lambda::Function")
    assert function["SnapStart"] == {"ApplyOn": "None"}
    assert "ReservedConcurrentExecutions" not in function
    function = stack(SnapStart="on", ReservedConcurrency="0").only("AWS::Lambda::Function")
    assert function["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    assert function["ReservedConcurrentExecutions"] == "0"


def test_the_function_is_told_what_was_asked() -> None:
    plain = stack().only("AWS::Lambda::Function")["Environment"]["Variables"]
    assert (plain["MODEL_URI"], plain["BASE_PATH"], plain["CORS_ORIGIN"]) == ("", "", "")
    made = stack(**SEEN)
    assert made.only("AWS::Lambda::Function")["Environment"]["Variables"] == {
        "MODEL_URI": SEEN["ModelUri"],
        "MAX_LENGTH": "2000",
        "CORS_ORIGIN": "https://example.com",
        "BASE_PATH": "/coldopen",
        "POWERTOOLS_LOG_LEVEL": "DEBUG",
    }
    assert made.outputs["ModelUri"] == SEEN["ModelUri"]
    assert stack().outputs["ModelUri"] == "shipped"
