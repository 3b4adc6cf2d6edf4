"""Hostile requests, each a file in tests/attacks/, get the answers that the files name from the real handler.

A file says what its request would do to a careless service. {"pieces": [...]} in it stands for a text that is made of
others, each by itself or as [text, times].
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.event import api_event
from local.runtime import Function, local_function

ATTACKS = Path(__file__).with_name("attacks")
ANSWERED_IN_S = 10
HEADERS = {"Content-Type", "X-Content-Type-Options", "Allow", "Model-Version"}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("attacked") / "log"


@pytest.fixture(scope="module")
def attacked(trained_run: Path, log: Path) -> Iterator[Function]:
    with log.open("wb") as file, local_function(file, {"MODEL_URI": str(trained_run / "bundle")}) as function:
        function.invoke({"httpMethod": "GET", "path": "/health"})
        yield function


@pytest.mark.parametrize("file", sorted(ATTACKS.glob("*.json")), ids=lambda file: file.stem)
def test_an_attack_gets_its_answer(file: Path, attacked: Function) -> None:
    attack = json.loads(file.read_bytes(), object_hook=whole_text)
    begun = time.monotonic()
    reply = attacked.invoke(attack["event"] if "event" in attack else event(**attack["request"]))
    assert time.monotonic() - begun < ANSWERED_IN_S
    status, content = read(reply)
    expected = attack["reply"]
    error = content.get("error", {"message": ""})
    assert (status or expected["status"], error.get("code")) == (expected["status"], expected.get("code"))
    assert expected.get("message", "") in error["message"]
    assert len(error["message"]) < 600
    assert not {"Traceback", ".py"} & set(error["message"].split())


def test_the_function_is_well_afterwards_and_has_logged_a_line_for_each_request(attacked: Function, log: Path) -> None:
    before = logged(log)
    assert attacked.invoke({"httpMethod": "GET", "path": "/health\r\n{}"})["statusCode"] == 404
    assert attacked.invoke({"httpMethod": "GET", "path": "/health"})["statusCode"] == 200
    lines = logged(log)[len(before) :]
    assert [(line.get("route"), line["status"]) for line in lines] == [(None, 404), ("/health", 200)]
    assert not [line for line in before if line["level"] != "INFO"]
    assert "Traceback" not in log.read_text()


def whole_text(value: dict[str, Any]) -> Any:
    """The text that {"pieces": [...]} stands for."""
    if set(value) != {"pieces"}:
        return value
    return "".join(piece if isinstance(piece, str) else piece[0] * piece[1] for piece in value["pieces"])


def event(
    method: str, path: str, headers: dict[str, str], body: str = "", base64_body: str | None = None
) -> dict[str, Any]:
    """The event of an attack's request, its path as it stands."""
    sent = body.encode() if base64_body is None else base64.b64decode(base64_body)
    path, _, query = path.partition("?")
    return {**api_event(method, f"/?{query}", headers, sent), "path": path}


def read(reply: dict[str, Any]) -> tuple[int | None, dict[str, Any]]:
    """A reply's status, if it is an HTTP one, and its content."""
    if "statusCode" not in reply:
        return None, reply
    headers = reply.get("headers") or reply["multiValueHeaders"]
    assert headers.keys() <= HEADERS, "something of the request became a header"
    assert headers["Content-Type"] in ("application/json", ["application/json"])
    assert reply["body"].isascii()
    assert reply["body"].isprintable()
    content: dict[str, Any] = json.loads(reply["body"])
    return reply["statusCode"], content


def logged(log: Path) -> list[dict[str, Any]]:
    """The lines of the function's log, but for those of the emulator."""
    return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
