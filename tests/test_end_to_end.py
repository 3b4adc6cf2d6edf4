"""From end to end: scripts are trained on, the bundle is published to S3, and the function serves it from there."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import boto3
import requests

from coldopen.bundle.read import read_bundle
from local.gateway import gateway
from local.runtime import local_function
from tests.conftest import aws_settings

Training = Callable[..., subprocess.CompletedProcess[str]]


def test_a_model_answers_over_http_once_it_is_published(
    trained_run: Path, training: Training, s3: str, tmp_path: Path
) -> None:
    version = read_bundle(str(trained_run / "bundle")).version
    uri = f"s3://scripts/cold-open/{version}/"
    fields = {"prime": "ines", "length": 15, "seed": 8}
    from_disk = training("generate", "--model", trained_run, "--prime", "ines", "--length", 15, "--seed", 8).stdout
    settings = {**aws_settings(s3), "MODEL_URI": uri}
    with (tmp_path / "log").open("wb") as log, local_function(log, settings) as function, gateway(function) as url:
        early = requests.get(f"{url}/health", timeout=60)
        assert (early.status_code, early.headers["Retry-After"]) == (503, "5")
        boto3.client("s3").create_bucket(Bucket="scripts")
        published = training("publish", "--model", trained_run, "--bucket", "scripts", "--yes")
        assert f"\npublished: {uri}\n" in published.stdout
        while (health := requests.get(f"{url}/health", timeout=60)).status_code == 503:  # for 5 s at most
            time.sleep(0.1)
        assert health.json()["model"]["version"] == version
        reply = requests.post(f"{url}/generate", json=fields, timeout=60).json()
    assert reply["script"] + "\n" == from_disk
    assert reply["model"]["version"] == version
    assert "there is no such bucket" in (tmp_path / "log").read_text()
