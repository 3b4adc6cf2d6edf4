"""CORS: whose pages may read the replies."""

from __future__ import annotations

from pathlib import Path

import pytest
from aws_lambda_powertools import Logger

from coldopen.http.routes import Api
from coldopen.settings import Settings
from local.context import LambdaContext
from local.event import api_event
from tests.lambda_fn.coldopen.http.client import JSON, Client

ORIGIN = {"Origin": "https://page.example"}


def client_of(folder: Path, origin: str) -> Client:
    return Client(Api(Settings(str(folder), 50, cors_origin=origin), Logger(service="test")))


def preflight(client: Client, target: str) -> tuple[int, dict[str, list[str]]]:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    reply = client.api.handle(api_event("OPTIONS", target, {**ORIGIN, **asked}, b""), LambdaContext())
    return reply["statusCode"], reply["multiValueHeaders"]


@pytest.mark.parametrize("origin", ["https://page.example", "*"])
def test_every_reply_says_whose_pages_may_read_it(untrained_folder: Path, origin: str) -> None:
    client = client_of(untrained_folder, origin)
    bodies = {200: b'{"prime": "soup"}', 422: b'{"prime": "soop"}', 400: b"soup"}
    for status, body in bodies.items():
        assert client.send("POST", "/generate", body, {**JSON, **ORIGIN})[0] == status
        assert client.headers["Access-Control-Allow-Origin"] == [origin]
        assert client.headers.get("Vary") == (None if origin == "*" else ["Origin"])
    for method, target, status in (("GET", "/nowhere", 404), ("PUT", "/generate", 405), ("GET", "/health", 200)):
        assert client.send(method, target)[0] == status
        assert client.headers["Access-Control-Allow-Origin"] == [origin]


def test_a_failure_nobody_foresaw_can_be_read_too(untrained_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_of(untrained_folder, "*")
    monkeypatch.setattr("coldopen.writer.Writer.write_batch", None)
    assert client.generate(prime="soup")[0] == 500
    assert client.headers["Access-Control-Allow-Origin"] == ["*"]


@pytest.mark.parametrize("target", ["/generate", "/generate/"])
def test_a_browser_that_asks_before_is_told_what_it_may_send(untrained_folder: Path, target: str) -> None:
    status, headers = preflight(client_of(untrained_folder, "https://page.example"), target)
    assert status == 204
    assert headers["Access-Control-Allow-Origin"] == ["https://page.example"]
    assert headers["Access-Control-Allow-Methods"] == ["POST, OPTIONS"]
    assert {"Content-Type", "Authorization"} <= set(headers["Access-Control-Allow-Headers"][0].split(", "))
    assert "Content-Type" not in headers


def test_without_the_setting_nobody_else_s_pages_may(client: Client) -> None:
    status, headers = preflight(client, "/generate")
    assert (status, headers) == (204, {"Allow": ["POST, OPTIONS"]})
    client.send("GET", "/health", headers=ORIGIN)
    assert not [name for name in client.headers if name.startswith("Access-Control")]
