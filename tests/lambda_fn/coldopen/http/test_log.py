"""The log: one line per request, which says enough to follow a fault and nothing of what people write."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from coldopen.http.log import Log
from coldopen.http.message import Reply
from coldopen.http.routes import Api
from coldopen.settings import Settings
from local.context import LambdaContext
from tests.cloudwatch import metrics
from tests.lambda_fn.coldopen.http.client import Client

Lines = Callable[[], list[dict[str, Any]]]
_SECRET = "xylophone"


@pytest.fixture
def logger(request: pytest.FixtureRequest) -> Logger:
    """A logger of this test's own, at the level that it asks for by parameter."""
    return Logger(service=str(uuid.uuid4()), level=getattr(request, "param", "INFO"), stream=io.StringIO())


@pytest.fixture
def lines(logger: Logger) -> Lines:
    """The lines that were logged since the last time."""

    def read() -> list[dict[str, Any]]:
        stream = logger.handlers[0].stream  # type: ignore[attr-defined]
        text = stream.getvalue()
        stream.seek(0)
        stream.truncate()
        return [json.loads(line) for line in text.splitlines()]

    return read


@pytest.fixture
def client(untrained_folder: Path, logger: Logger) -> Client:
    """A client of an API that logs there."""
    return Client(Api(Settings(str(untrained_folder), max_length=50), logger))


def _values(line: dict[str, Any]) -> dict[str, float]:
    return {metric.name: metric.value for metric in metrics(line)}


def test_a_request_has_one_line_that_holds_what_it_was(client: Client, lines: Lines) -> None:
    client.api.model.writer()
    lines()
    _, reply = client.generate(prime="soup", length=9)
    (line,) = lines()
    known = {name: line[name] for name in ("level", "message", "front", "method", "route", "status", "finish_reason")}
    assert known == {
        "level": "INFO", "message": "request", "front": "rest", "method": "POST", "route": "/generate", "status": 200,
        "finish_reason": "length",
    }  # fmt: skip
    assert line["function_request_id"] == "request-7"
    assert line["version"] == reply["model"]["version"]
    assert line["ms"] >= line["GenerateMs"] > 0


def test_a_line_is_the_request_s_metrics(client: Client, lines: Lines) -> None:
    client.generate(prime="soup", length=9, n=2)
    *_, line = lines()
    values = _values(line)
    assert values["ModelLoadMs"] > 0
    assert {**values, "GenerateMs": 0, "ModelLoadMs": 0} == {
        "Words": 18, "GenerateMs": 0, "ModelLoadMs": 0, "ColdStart": 1, "Deadline": 0, "ModelUnavailable": 0,
    }  # fmt: skip
    assert {(metric.namespace, *metric.dimensions.items()) for metric in metrics(line)} == {
        ("ColdOpen", ("FunctionName", "local"))
    }
    client.generate(prime="soup", length=9)
    (line,) = lines()
    assert set(_values(line)) == {"Words", "GenerateMs", "ColdStart", "Deadline", "ModelUnavailable"}
    assert line["ColdStart"] == 0


def test_a_line_names_the_trace_that_its_request_belongs_to(
    client: Client, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1")
    client.send("GET", "/health")
    assert lines()[-1]["xray_trace_id"] == "1-5759e988-bd862e3fe1be46a994272793"


def test_a_request_that_writes_nothing_counts_no_words(client: Client, lines: Lines) -> None:
    client.send("GET", "/health")
    client.generate(prime="soop")
    *_, health, refused = lines()
    assert "Words" not in _values(health) | _values(refused)
    assert (refused["status"], refused["code"]) == (422, "unknown_word")


def test_completions_count_the_words_of_all_their_texts(client: Client, lines: Lines) -> None:
    asked = {"model": "diner", "prompt": ["soup", "hot"], "max_tokens": 5, "n": 2}
    for more in ({}, {"stream": True}):
        context = LambdaContext()
        event = {"httpMethod": "POST", "path": "/v1/completions", "body": json.dumps({**asked, **more})}
        assert client.api.handle(event, context)["statusCode"] == 200
        line = lines()[-1]
        assert (line["route"], line["Words"], line["finish_reason"]) == ("/v1/completions", 20, "length")


def test_a_script_that_the_deadline_cut_off_is_counted(client: Client, lines: Lines) -> None:
    client.send("POST", "/generate", b'{"prime": "soup"}', timeout_s=0.5)
    line = lines()[-1]
    assert (line["Deadline"], line["Words"], line["finish_reason"]) == (1, 0, "deadline")


def test_the_request_id_that_a_500_names_stands_in_the_log_beside_where_it_arose(
    client: Client, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise KeyError(_SECRET)

    monkeypatch.setattr("coldopen.writer.Writer.write_batch", fail)
    _, reply = client.generate(prime="soup")
    *_, why, line = lines()
    assert reply["error"]["message"].endswith(why["function_request_id"])
    assert (line["level"], line["status"], line["code"]) == ("ERROR", 500, "internal_error")
    assert why["function_request_id"] == line["function_request_id"] == "request-7"
    assert (why["level"], why["exception_name"]) == ("ERROR", "KeyError")
    assert why["version"] == client.api.model.writer().version
    assert any("routes.py" in frame and "_generate" in frame for frame in why["frames"])


_SENT = [
    ("POST", "/generate", f'{{"prime": "{_SECRET}"}}', {}),
    ("POST", "/generate", f'{{"prime": "soup", "stop": ["{_SECRET}"], "cast": ["{_SECRET}"]}}', {}),
    ("POST", "/generate", f'{{"{_SECRET}": 1}}', {}),
    ("POST", "/generate", f"prime={_SECRET}&prime=x", {"Content-Type": "application/x-www-form-urlencoded"}),
    ("POST", "/generate", f"{{{_SECRET}", {}),
    ("POST", f"/generate?prime={_SECRET}", '{"prime": "soup"}', {"X-Prime": _SECRET, "Content-Type": _SECRET}),
    ("GET", f"/vocabulary?prefix={_SECRET}", "", {}),
    ("GET", f"/generate/{_SECRET}", "", {}),
    ("GET", f"/{_SECRET}?{_SECRET}", "", {}),
    ("GET", f"/v1/models/{_SECRET}", "", {}),
    ("POST", "/v1/completions", f'{{"model": "diner", "prompt": "{_SECRET}"}}', {}),
    ("POST", "/v1/completions", f'{{"model": "{_SECRET}", "prompt": "soup"}}', {}),
]


@pytest.mark.parametrize(("method", "target", "body", "headers"), _SENT)
def test_what_is_sent_stands_in_no_line(
    client: Client, lines: Lines, method: str, target: str, body: str, headers: dict[str, str]
) -> None:
    client.send(method, target, body.encode(), {"Content-Type": "application/json", **headers})
    logged = lines()
    assert logged
    assert _SECRET not in json.dumps(logged)


def test_what_is_written_or_goes_wrong_stands_in_no_line(
    client: Client, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, reply = client.generate(prime="soup", length=50)
    words = {word for word in reply["script"].split() if len(word) > 4}
    logged = json.dumps(lines()).lower()
    assert words
    assert not [word for word in words if f" {word.lower()}" in logged]

    def fail(*_: Any, **__: Any) -> Any:
        raise ValueError(_SECRET) from KeyError(_SECRET)

    monkeypatch.setattr("coldopen.writer.Writer.write_batch", fail)
    client.generate(prime="soup")
    assert _SECRET not in json.dumps(lines())


@pytest.mark.parametrize("logger", ["DEBUG"], indirect=True)
def test_at_debug_what_is_sent_and_goes_wrong_is_logged(
    client: Client, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.send("GET", f"/vocabulary?prefix={_SECRET}")
    client.send("GET", f"/nowhere/{_SECRET}\ud800" + 1000 * "x")
    client.generate(prime=_SECRET)
    asked = [line for line in lines() if line["message"] == "asked"]
    assert [_SECRET in line[name] for line, name in zip(asked, ("query", "path", "body"), strict=True)] == 3 * [True]
    assert len(asked[1]["path"]) == 200

    def fail(*_: Any, **__: Any) -> Any:
        raise KeyError(_SECRET)

    monkeypatch.setattr("coldopen.writer.Writer.write_batch", fail)
    client.generate(prime="soup")
    (why,) = [line for line in lines() if line["message"] == "unexpected error"]
    assert _SECRET in why["exception"]


@pytest.mark.parametrize("logger", ["ERROR"], indirect=True)
def test_a_level_above_info_leaves_the_lines_of_failures_and_their_metrics(
    client: Client, logger: Logger, lines: Lines, tmp_path: Path
) -> None:
    client.generate(prime="soop")
    assert lines() == []
    Client(Api(Settings(str(tmp_path / "absent"), 50), logger)).generate(prime="soup")
    why, line = lines()
    assert (why["message"], line["status"], _values(line)["ModelUnavailable"]) == ("model not available", 503, 1)


def test_an_event_with_no_request_in_it_has_its_line(client: Client, lines: Lines) -> None:
    client.api.handle({"unknown": _SECRET}, LambdaContext(aws_request_id="request-8"))
    (line,) = lines()
    assert (line["function_request_id"], line["front"], line["status"]) == ("request-8", "unknown", 400)
    assert line["code"] == "not_an_api_event"


def _start(kind: str) -> dict[str, str]:
    return {"AWS_LAMBDA_INITIALIZATION_TYPE": kind}


@pytest.mark.parametrize(
    ("variables", "cold"),
    [({}, 1), (_start("on-demand"), 1), (_start("snap-start"), 1), (_start("provisioned-concurrency"), 0)],
)
def test_a_cold_start_is_one_that_a_request_waited_for(
    variables: dict[str, str], cold: int, logger: Logger, lines: Lines
) -> None:
    log = Log(logger, {**variables, "AWS_LAMBDA_FUNCTION_NAME": "shop"})
    for _ in range(2):
        log.answered("rest", "GET", Reply(200), 1.0)
    first, second = lines()
    assert (first["ColdStart"], second["ColdStart"], first["FunctionName"]) == (cold, 0, "shop")
