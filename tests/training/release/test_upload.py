"""Publishing: what lies in S3 afterwards, and one sentence for everything that can go wrong."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests

from coldopen.bundle.manifest import COPIES, MANIFEST
from coldopen.bundle.read import read_bundle
from coldopen.bundle.write import bundle_files, write_bundle
from tests.conftest import aws_settings

Training = Callable[..., subprocess.CompletedProcess[str]]


def keys(client: Any) -> list[str]:
    return [entry["Key"] for entry in client.list_objects_v2(Bucket="scripts").get("Contents", [])]


def test_a_bundle_lies_under_its_version_and_serves_from_there(
    bucket: Any, trained_run: Path, training: Training
) -> None:
    done = training("publish", "--model", trained_run, "--bucket", "scripts", "--prefix", "tv", "--yes")
    assert done.returncode == 0, done.stderr
    version = read_bundle(str(trained_run / "bundle")).version
    names = ("copies.bin", "lexicon.json", MANIFEST, "serving.safetensors", "state_dict.safetensors", "vocab.json")
    assert keys(bucket) == [f"tv/{version}/{name}" for name in names]
    uri = f"s3://scripts/tv/{version}/"
    assert f"\npublished: {uri}\n" in done.stdout
    assert done.stdout.endswith(f"next: make deploy MODEL_URI={uri}\n")
    served = read_bundle(uri)
    assert served.version == version
    assert served.copies() is not None


def test_a_second_publish_uploads_nothing(bucket: Any, trained_run: Path, training: Training) -> None:
    arguments = ("publish", "--model", trained_run / "bundle", "--bucket", "scripts", "--yes")
    training(*arguments)
    written = [entry["LastModified"] for entry in bucket.list_objects_v2(Bucket="scripts")["Contents"]]
    bucket.put_bucket_versioning(Bucket="scripts", VersioningConfiguration={"Status": "Enabled"})
    again = training(*arguments)
    outcome = "already published, every file as it should be, nothing uploaded: s3://scripts/cold-open/"
    assert f"\n{outcome}" in again.stdout
    assert [entry["LastModified"] for entry in bucket.list_objects_v2(Bucket="scripts")["Contents"]] == written
    assert all(v["VersionId"] == "null" for v in bucket.list_object_versions(Bucket="scripts")["Versions"])


def test_a_damaged_bundle_is_not_published(bucket: Any, untrained_folder: Path, training: Training) -> None:
    (untrained_folder / "vocab.json").write_bytes(b"[]")
    done = training("publish", "--model", untrained_folder, "--bucket", "scripts")
    assert (done.returncode, keys(bucket)) == (1, [])
    assert "vocab.json is not whole" in done.stderr


def test_damaged_copies_are_not_published(
    bucket: Any, untrained_folder: Path, training: Training, tmp_path: Path
) -> None:
    bundle = read_bundle(str(untrained_folder))
    network = bundle.manifest.network
    files = bundle_files(bundle.state_dict(), bundle.vocabulary, network, "diner", {}, {COPIES: b"RUNS"})
    write_bundle(tmp_path / "b", files)
    done = training("publish", "--model", tmp_path / "b", "--bucket", "scripts")
    assert (done.returncode, keys(bucket)) == (1, [])
    assert "copies.bin is not a filter of copied runs" in done.stderr


def one_sentence(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_a_missing_bucket_is_one_clear_sentence(s3: str, untrained_folder: Path, training: Training) -> None:
    done = training("publish", "--model", untrained_folder, "--bucket", "nowhere")
    assert "can't publish to s3://nowhere: there is no such bucket; make it first" in one_sentence(done)


def test_missing_credentials_are_one_clear_sentence(
    untrained_folder: Path, training: Training, tmp_path: Path, s3_server: str
) -> None:
    nobody = {**aws_settings(s3_server), "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "HOME": str(tmp_path)}
    done = training("publish", "--model", untrained_folder, "--bucket", "scripts", **nobody)
    assert "no AWS credentials were found: run `aws configure`" in one_sentence(done)


def test_an_unreachable_endpoint_is_one_clear_sentence(untrained_folder: Path, training: Training) -> None:
    nowhere = aws_settings("http://127.0.0.1:9")
    done = training("publish", "--model", untrained_folder, "--bucket", "scripts", **nowhere)
    assert "can't publish to s3://scripts: Could not connect to the endpoint" in one_sentence(done)


@pytest.fixture
def checked_permissions(s3_server: str) -> Iterator[None]:
    """Moto asks for credentials and permissions from now on."""
    requests.post(f"{s3_server}/moto-api/reset-auth", data="0", timeout=5)
    yield
    requests.post(f"{s3_server}/moto-api/reset-auth", data="inf", timeout=5)


@pytest.fixture
def powerless_user(bucket: Any) -> dict[str, str]:
    """The keys of a user who may do nothing."""
    iam = boto3.client("iam")
    iam.create_user(UserName="extra")
    key = iam.create_access_key(UserName="extra")["AccessKey"]
    return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}


def test_no_permission_is_one_clear_sentence(
    powerless_user: dict[str, str], checked_permissions: None, untrained_folder: Path, training: Training
) -> None:
    done = training("publish", "--model", untrained_folder, "--bucket", "scripts", **powerless_user)
    assert "these credentials may not read and write there (s3:GetObject" in one_sentence(done)
