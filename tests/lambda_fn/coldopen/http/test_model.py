"""The model's load in a request: it ends before the request does, and one that failed slowly is not tried at once."""

from __future__ import annotations

import io
import json
import time

import pytest
from aws_lambda_powertools import Logger

from coldopen.bundle.manifest import COPIES, SERVING
from coldopen.http.routes import Api
from coldopen.settings import Settings
from tests.faulty_s3 import FaultyS3, dripping, refused
from tests.lambda_fn.coldopen.http.client import Client

TIMEOUT_S = 3.0  # Lambda's; a load that takes all of it is a slow one


@pytest.fixture
def log() -> io.StringIO:
    """What the API logs."""
    return io.StringIO()


@pytest.fixture
def s3_client(failing_s3: FaultyS3, log: io.StringIO, request: pytest.FixtureRequest) -> Client:
    """A client of an API whose model lies there; nothing is loaded yet."""
    return Client(Api(Settings(failing_s3.uri, max_length=50), Logger(service=request.node.name, stream=log)))


def reasons(log: io.StringIO) -> list[tuple[str, str]]:
    """Message and reason of each line of the log that has one."""
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    return [(line["message"], line["reason"]) for line in lines if "reason" in line]


def test_a_load_ends_before_the_request_s_time_is_up(failing_s3: FaultyS3, s3_client: Client, log: io.StringIO) -> None:
    failing_s3.fault, failing_s3.hits = dripping(), {SERVING}
    begun = time.monotonic()
    status, reply = s3_client.send("GET", "/health", timeout_s=TIMEOUT_S)
    assert time.monotonic() - begun < TIMEOUT_S
    assert (status, reply["error"]["code"], s3_client.headers["Retry-After"]) == (503, "model_unavailable", ["5"])
    [(message, reason)] = reasons(log)
    assert message == "model not available"
    assert "can't be read from S3: it took longer than the 2.5 s that there were for all files" in reason


def test_after_a_slow_failure_requests_are_answered_at_once_until_it_is_tried_again(
    failing_s3: FaultyS3, s3_client: Client, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    failing_s3.fault = dripping()
    assert s3_client.send("GET", "/health", timeout_s=TIMEOUT_S)[0] == 503
    failing_s3.fault = None
    failing_s3.asked.clear()
    begun = time.monotonic()
    for _ in range(3):
        assert s3_client.generate(prime="soup")[0] == 503
        assert s3_client.headers["Retry-After"] == ["5"]
    assert time.monotonic() - begun < 1
    assert failing_s3.asked == []
    _, (message, reason), *_ = reasons(log)
    assert message == "model not available"
    assert "not tried again so soon: 0.0 s ago s3://scripts/tv/" in reason
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + 5)
    assert s3_client.generate(prime="soup")[0] == 200


def test_what_fails_at_once_is_tried_again_at_once(failing_s3: FaultyS3, s3_client: Client) -> None:
    s3_client.send("GET", "/health")
    s3_client.api.model.loaded = None  # boto3 is imported now
    failing_s3.fault = refused(403, "AccessDenied")
    assert s3_client.generate(prime="soup")[0] == 503
    failing_s3.fault = None
    assert s3_client.generate(prime="soup")[0] == 200


def test_at_the_start_the_limit_counts_from_the_process_s_begin(failing_s3: FaultyS3, s3_client: Client) -> None:
    failing_s3.fault = dripping()
    begun = time.monotonic()
    s3_client.api.load(begun - 7)
    assert time.monotonic() - begun < 3
    assert s3_client.api.model.loaded is None


@pytest.mark.slow
def test_the_limit_is_8_s_where_the_request_has_more(failing_s3: FaultyS3, s3_client: Client) -> None:
    failing_s3.fault = dripping()
    begun = time.monotonic()
    assert s3_client.send("GET", "/health", timeout_s=29)[0] == 503
    assert 7.9 < time.monotonic() - begun < 9


def test_copies_have_the_request_s_deadline_and_are_not_tried_again_so_soon(
    failing_s3: FaultyS3, s3_client: Client, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    body = b'{"prime": "soup", "no_copy": 8}'
    failing_s3.fault, failing_s3.hits = dripping(), {COPIES}
    assert s3_client.generate(prime="soup")[0] == 200
    begun = time.monotonic()
    status, reply = s3_client.send("POST", "/generate", body, timeout_s=TIMEOUT_S)
    assert time.monotonic() - begun < TIMEOUT_S
    assert (status, reply["error"]["code"]) == (503, "model_unavailable")
    assert "leave no_copy out" in reply["error"]["message"]
    failing_s3.fault = None
    failing_s3.asked.clear()
    assert s3_client.send("POST", "/generate", body)[0] == 503
    assert s3_client.generate(prime="soup")[0] == 200
    assert failing_s3.asked == []
    assert {message for message, _ in reasons(log)} == {"copies not available"}
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + 5)
    assert s3_client.send("POST", "/generate", body)[0] == 200
    assert failing_s3.asked == [COPIES]


def test_what_the_api_is_can_be_read_at_once_without_the_model(failing_s3: FaultyS3, s3_client: Client) -> None:
    failing_s3.fault = dripping()
    assert s3_client.send("GET", "/openapi.json", timeout_s=TIMEOUT_S)[0] == 200
    assert failing_s3.asked == []
