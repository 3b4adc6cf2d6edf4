"""The function behind Lambda's emulator: its log as CloudWatch would read it, and its deadline."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from local.event import api_event
from local.runtime import Function, emulator, local_function
from tests.cloudwatch import log_events, metrics

pytestmark = pytest.mark.skipif(emulator() is None, reason="the emulator does not run on this machine")

_JSON = {"Content-Type": "application/json"}


class Started:
    """A function that starts with its first event."""

    def __init__(self, function: Function, log: Path) -> None:
        self._function, self._log = function, log

    def generate(self, asked_before_s: float = 0.0, **fields: Any) -> dict[str, Any]:
        """The reply to a request that API Gateway got so many seconds ago."""
        event = api_event("POST", "/generate", _JSON, json.dumps(fields).encode())
        event["requestContext"]["requestTimeEpoch"] = round((time.time() - asked_before_s) * 1000)
        reply: dict[str, Any] = self._function.invoke(event)
        return {"status": reply["statusCode"], **json.loads(reply["body"])}

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")


@contextmanager
def _started(log: Path, **environment: str) -> Iterator[Started]:
    with log.open("wb") as output, local_function(output, environment) as function:
        yield Started(function, log)


@pytest.fixture
def started(trained_run: Path, tmp_path: Path) -> Iterator[Started]:
    with _started(tmp_path / "log", MODEL_URI=str(trained_run / "bundle")) as started:
        yield started


def _sums(log: str) -> dict[str, float]:
    """The sum of each metric, as an alarm or a dashboard would have it."""
    found = [metric for event in log_events(log) for metric in metrics(event)]
    assert {(metric.namespace, *metric.dimensions.items()) for metric in found} == {
        ("ColdOpen", ("FunctionName", "cold-open"))
    }
    sums: dict[str, float] = {}
    for metric in found:
        sums[metric.name] = sums.get(metric.name, 0) + metric.value
    return sums


def test_each_request_is_one_event_under_lambda_s_request_id_and_its_metrics_add_up(started: Started) -> None:
    for length in (5, 7):
        assert started.generate(prime="marla", length=length)["status"] == 200
    requests = [event for event in log_events(started.log) if event["message"] == "request"]
    ids = re.findall(r"^START RequestId: (\S+)", started.log, re.MULTILINE)
    assert [event["function_request_id"] for event in requests] == ids
    assert len(ids) == 2
    sums = _sums(started.log)
    assert sums.pop("GenerateMs") > 0
    assert sums.pop("ModelLoadMs") > 0
    assert sums == {"Words": 12, "ColdStart": 1, "Deadline": 0, "ModelUnavailable": 0}


def test_lambda_s_json_format_leaves_the_events_as_they_are(trained_run: Path, tmp_path: Path) -> None:
    model = str(trained_run / "bundle")
    with _started(tmp_path / "log", MODEL_URI=model, AWS_LAMBDA_LOG_FORMAT="JSON") as started:
        started.generate(prime="marla", length=5)
        loaded, request = log_events(started.log)  # none comes twice, from Lambda's own logger
    assert (loaded["message"], request["message"], request["level"]) == ("model loaded", "request", "INFO")
    assert re.fullmatch(r"[0-9-]{10}T[0-9:.]{12}\+00:00", request["timestamp"])  # else Lambda takes the level for INFO
    assert _sums(started.log)["Words"] == 5


def test_a_start_without_the_model_counts_and_so_does_each_503(tmp_path: Path) -> None:
    with _started(tmp_path / "log", MODEL_URI=str(tmp_path / "absent")) as started:
        assert [started.generate(prime="marla")["status"] for _ in range(2)] == [503, 503]
        assert _sums(started.log)["ModelUnavailable"] == 3
        assert "no such directory" in started.log


@pytest.mark.slow  # as long as the request has left, which is more than a busy machine needs to start
def test_a_cold_start_s_reply_comes_before_api_gateway_gives_up(trained_run: Path, tmp_path: Path) -> None:
    model = str(trained_run / "bundle")
    with _started(tmp_path / "log", MODEL_URI=model, MAX_LENGTH="1000000") as started:
        begun = time.monotonic()
        reply = started.generate(asked_before_s=23.0, prime="marla", length=1_000_000)
        assert time.monotonic() - begun < 20  # 6 s, INIT included, on an idle machine; Lambda's own limit leaves 29
    assert reply["finish_reason"] == "deadline"


def test_a_request_with_no_time_left_is_answered_at_once(started: Started) -> None:
    started.generate(prime="marla", length=1)
    reply = started.generate(asked_before_s=28.6, prime="marla")
    assert (reply["status"], reply["finish_reason"], reply["length"]) == (200, "deadline", 0)


@pytest.mark.parametrize("asked_before_s", [31, 400 * 86_400, -60], ids=["given up", "last year", "clock ahead"])
def test_a_time_that_can_t_be_leaves_lambda_s_own_limit(started: Started, asked_before_s: float) -> None:
    reply = started.generate(asked_before_s=asked_before_s, prime="marla", length=30)
    assert (reply["status"], reply["finish_reason"], reply["length"]) == (200, "length", 30)
