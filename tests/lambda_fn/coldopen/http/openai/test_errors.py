"""Every error of OpenAI's paths has OpenAI's form."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.lambda_fn.coldopen.http.client import Client

COMPLETIONS = "/v1/completions"


def error(client: Client, method: str, path: str, body: bytes = b"") -> tuple[int, dict[str, Any]]:
    status, reply = client.send(method, path, body)
    assert reply["error"].keys() == {"message", "type", "param", "code"}
    return status, reply["error"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", COMPLETIONS, b"{", 400, "malformed_body"),
        ("POST", COMPLETIONS, b" " * 70_000, 413, "body_too_large"),
        ("POST", COMPLETIONS, b'{"model": "diner"}', 400, "missing_field"),
        ("POST", COMPLETIONS, b'{"model": "diner", "prompt": "soop"}', 400, "unknown_word"),
        ("GET", COMPLETIONS, b"", 405, "method_not_allowed"),
        ("GET", "/v1/models/other", b"", 404, "model_not_found"),
        ("POST", "/v1/models", b"", 405, "method_not_allowed"),
        ("POST", "/v1/chat/completions", b"{}", 404, "not_found"),
    ],
)
def test_an_error_names_its_cause(client: Client, method: str, path: str, body: bytes, status: int, code: str) -> None:
    found, content = error(client, method, path, body)
    assert (found, content["code"], content["type"]) == (status, code, "invalid_request_error")


def test_a_failure_nobody_foresaw_is_the_server_s(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("coldopen.writer.Writer.write_batch", fail)
    body = json.dumps({"model": "diner", "prompt": "soup"}).encode()
    status, content = error(client, "POST", COMPLETIONS, body)
    assert (status, content["type"], content["code"]) == (500, "server_error", "internal_error")
    assert "secret" not in content["message"]


def test_other_paths_keep_their_own_form(client: Client) -> None:
    assert client.send("POST", "/generate", b"{}")[1]["error"].keys() == {"code", "message", "field"}
