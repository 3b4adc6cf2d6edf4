"""SnapStart: copies of one snapshot are as quick as the process it was made of, and share nothing that must differ.

Lambda's runtime client runs its own SnapStart path here, against a stand-in for the runtime API; a fork stands for the
copy of a snapshot.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest

from coldopen.bundle.manifest import MANIFEST, version_of
from local.event import api_event
from local.runtime import FUNCTION
from tests.cloudwatch import log_events, metrics
from tests.runtime_api import RuntimeApi, runtime_api

_PROGRAM = Path(__file__).resolve().parents[2] / "programs" / "copies_of_a_snapshot.py"
_JSON = {"Content-Type": "application/json"}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Lambda's runtime client is for Linux")


class Copies:
    """Two copies of a snapshot."""

    def __init__(self, api: RuntimeApi, process: subprocess.Popen[bytes], log: Path) -> None:
        self.api, self.process, self._log = api, process, log

    def generate(self, **fields: Any) -> list[dict[str, Any]]:
        """What each copy answers."""
        event = api_event("POST", "/generate", _JSON, json.dumps(fields).encode())
        replies = self.api.invoke_each(event)
        assert self.api.errors == []
        assert [reply["statusCode"] for reply in replies] == [200, 200], replies
        return [json.loads(reply["body"]) for reply in replies]

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")


@contextmanager
def _started(model: str, log: Path, **environment: str) -> Iterator[Copies]:
    with runtime_api(num_copies=2) as api, log.open("wb") as output:
        variables = {
            **os.environ, "MODEL_URI": model, "PYTHONPATH": str(FUNCTION), "AWS_LAMBDA_RUNTIME_API": api.address,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start", "AWS_LAMBDA_FUNCTION_NAME": "cold-open", **environment,
        }  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, str(_PROGRAM)], env=variables, stdout=output, stderr=output, start_new_session=True
        )
        try:
            yield Copies(api, process, log)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def copies(trained_run: Path, tmp_path: Path) -> Iterator[Copies]:
    with _started(str(trained_run / "bundle"), tmp_path / "log") as copies:
        yield copies


def test_two_copies_of_a_snapshot_write_different_scripts_and_the_same_with_a_seed(copies: Copies) -> None:
    first, second = copies.generate(prime="marla", length=30, top_k=20, temperature=2)
    assert first["seed"] != second["seed"]
    assert first["script"] != second["script"]
    first, second = copies.generate(prime="marla", length=30, top_k=20, temperature=2, seed=7)
    assert first["script"] == second["script"]


def test_a_copy_has_the_model_and_its_log_begins_with_its_own_requests(copies: Copies) -> None:
    for _ in range(2):
        copies.generate(prime="marla", length=5)
    loaded, *requests = log_events(copies.log)
    assert loaded["message"] == "model loaded"
    assert [event["message"] for event in requests] == ["request"] * 4
    extracted = [{metric.name: metric.value for metric in metrics(event)} for event in requests]
    assert sorted(each["ColdStart"] for each in extracted) == [0, 0, 1, 1]
    assert not any("ModelLoadMs" in each for each in extracted)  # it was loaded once, before the snapshot


def test_no_snapshot_is_made_without_a_model(tmp_path: Path) -> None:
    with _started(str(tmp_path / "absent"), tmp_path / "log") as copies:
        assert copies.process.wait(60) == 64  # awslambdaric's code for a hook that failed before the snapshot
        (error,) = copies.api.errors
        assert "the model can't be loaded" in error["errorMessage"]
        assert "no such directory" in copies.log


@pytest.mark.usefixtures("s3")
def test_a_copy_asks_nothing_of_s3_and_has_no_client_and_no_credentials(trained_run: Path, tmp_path: Path) -> None:
    version = version_of((trained_run / "bundle" / MANIFEST).read_bytes())
    client = boto3.client("s3")
    client.create_bucket(Bucket="models")
    for file in (trained_run / "bundle").iterdir():
        client.put_object(Bucket="models", Key=f"{version}/{file.name}", Body=file.read_bytes())
    with _started(f"s3://models/{version}/", tmp_path / "log") as copies:
        copies.generate(prime="marla", length=5)
        for object in client.list_objects_v2(Bucket="models")["Contents"]:
            client.delete_object(Bucket="models", Key=object["Key"])
        copies.generate(prime="marla", length=5, no_copy=8)
