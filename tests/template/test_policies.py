"""What the stack's parts may do. All of it after SAM's transform."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.template.stack import stack, statements_of, takes

pytestmark = pytest.mark.slow  # aws-sam-cli is installed for `make test` alone

MODEL = "s3://bucket/prefix/0123456789ab/"
KEY = "arn:aws:kms:us-east-1:111122223333:key/0123"
TRACING = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}  # X-Ray knows no resources


def statements(**parameters: str) -> list[dict[str, Any]]:
    """What the function's role allows."""
    made = stack(**parameters)
    name, _ = made.only("AWS::Lambda::Function")["Role"]["Fn::GetAtt"]
    role = made.of_type("AWS::IAM::Role")[name]
    return statements_of(role)


def as_list(it: Any) -> list[Any]:
    return it if isinstance(it, list) else [it]


def test_the_function_may_write_its_own_log_and_nothing_else() -> None:
    (statement,) = statements()
    assert statement == {
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": {"Fn::GetAtt": ["WriterLogs", "Arn"]},
    }


def test_the_function_may_read_its_model_by_its_key() -> None:
    _, model, key = statements(ModelUri=MODEL, KmsKeyArn=KEY)
    resource = "arn:${AWS::Partition}:s3:::bucket/prefix/0123456789ab/*"
    assert model == {"Effect": "Allow", "Action": "s3:GetObject", "Resource": resource}
    assert key == {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": KEY}


def test_nothing_is_allowed_for_everything() -> None:
    for statement in statements(ModelUri=MODEL, KmsKeyArn=KEY, Tracing="on", ModelBucket="on", SnapStart="on"):
        actions, resources = as_list(statement["Action"]), as_list(statement["Resource"])
        assert not [action for action in actions if "*" in action]
        stars = [resource for resource in resources if "*" in json.dumps(resource)]
        if set(actions) != TRACING:
            assert [star for star in stars if not star.endswith("s3:::bucket/prefix/0123456789ab/*")] == []


def test_tracing_is_allowed_to_those_who_ask() -> None:
    assert set(statements(Tracing="on")[-1]["Action"]) == TRACING
    on, off = stack(Tracing="on"), stack()
    assert on.only("AWS::Lambda::Function")["TracingConfig"]["Mode"] == "Active"
    assert off.only("AWS::Lambda::Function")["TracingConfig"]["Mode"] == "PassThrough"
    assert on.only("AWS::ApiGateway::Stage")["TracingEnabled"] is True
    assert off.only("AWS::ApiGateway::Stage")["TracingEnabled"] is False


@pytest.mark.parametrize(
    ("uri", "is_taken"),
    [
        ("shipped", True),
        (MODEL, True),
        ("s3://bucket/0123456789ab/", True),
        ("", False),
        ("s3://bucket/", False),  # all of the bucket
        ("s3://bucket/prefix", False),  # and all that begins like it
        ("s3://bucket/*/", False),
        ("s3://bucket/prefix?/", False),
        ("s3://bucket/${aws:username}/", False),
        ("https://bucket/prefix/", False),
    ],
)
def test_a_model_is_named_so_that_no_other_can_be_read(uri: str, is_taken: bool) -> None:
    assert takes("ModelUri", uri) == is_taken


def test_there_is_no_bucket_unless_it_is_asked_for() -> None:
    assert not stack().of_type("AWS::S3::Bucket")
    assert "ModelBucketName" not in stack().outputs


def test_the_bucket_is_encrypted_versioned_private_and_stays() -> None:
    made = stack(ModelBucket="on")
    bucket = made.only("AWS::S3::Bucket")
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    (life,) = bucket["LifecycleConfiguration"]["Rules"]
    assert life["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    for kind in ("Models", "ModelsByTlsAlone"):
        assert made.resources[kind]["DeletionPolicy"] == "RetainExceptOnCreate"
        assert made.resources[kind]["UpdateReplacePolicy"] == "Retain"
    assert made.outputs["ModelBucketName"] == {"Ref": "Models"}


def test_the_bucket_is_encrypted_by_the_key_that_is_named() -> None:
    (rule,) = stack(ModelBucket="on", KmsKeyArn=KEY).only("AWS::S3::Bucket")["BucketEncryption"][
        "ServerSideEncryptionConfiguration"
    ]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}


def test_the_bucket_is_reached_by_tls_alone() -> None:
    (statement,) = stack(ModelBucket="on").only("AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    assert statement == {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [{"Fn::GetAtt": ["Models", "Arn"]}, "${Models.Arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": False}},
    }
