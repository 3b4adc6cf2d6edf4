"""The API: every request gets the status and the message that it deserves."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from coldopen.bundle.manifest import MANIFEST
from coldopen.bundle.write import bundle_files, write_bundle
from coldopen.errors import ModelUnavailableError
from coldopen.http.routes import Api
from coldopen.network import NetworkConfig, ScriptNetwork
from coldopen.settings import Settings
from coldopen.vocabulary import Vocabulary
from local.context import LambdaContext
from tests.lambda_fn.coldopen.http.client import Client


def test_a_deadline_gives_what_is_there_of_each_script(client: Client) -> None:
    status, reply = client.send("POST", "/generate", b'{"prime": "soup", "n": 2}', timeout_s=0.5)
    assert status == 200
    assert {(script["finish_reason"], script["length"]) for script in reply["scripts"]} == {("deadline", 0)}


def test_each_reply_names_the_version_that_answers_once_there_is_one(client: Client) -> None:
    version = {"Model-Version": [client.api.model.writer().version]}
    for method, target, status in (("GET", "/health", 200), ("GET", "/nowhere", 404), ("PUT", "/generate", 405)):
        assert client.send(method, target)[0] == status
        assert client.headers.items() >= version.items()
    client.api.model.loaded = None
    client.send("GET", "/nowhere")
    assert "Model-Version" not in client.headers


def test_copies_that_can_t_be_read_are_a_503(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise ModelUnavailableError("no such bucket: secret")

    monkeypatch.setattr(client.api.model.writer(), "copies", fail)
    status, reply = client.generate(prime="soup", no_copy=8)
    assert (status, reply["error"]["code"], "secret" in str(reply)) == (503, "model_unavailable", False)
    assert client.generate(prime="soup")[0] == 200


def test_null_means_the_default(client: Client) -> None:
    status, reply = client.generate(prime="soup", length=None, temperature=None, top_k=None, seed=None, format=None)
    assert (status, reply["length"]) == (200, 50)


def test_a_vocabulary_smaller_than_the_default_top_k_writes_all_the_same(tmp_path: Path) -> None:
    vocabulary = Vocabulary(["a", "b", "c"])
    network = ScriptNetwork(NetworkConfig(3, 4, 4, 1, 0.0))
    write_bundle(tmp_path / "tiny", bundle_files(network.state_dict(), vocabulary, network.config, "tiny", {}))
    client = Client(Api(Settings(str(tmp_path / "tiny"), max_length=50), Logger(service="test")))
    assert client.generate(prime="a", length=9)[1]["length"] == 9


def test_a_deadline_gives_what_is_there(client: Client) -> None:
    body = b'{"prime": "soup", "length": 50}'
    status, reply = client.send("POST", "/generate", body, timeout_s=0.5)
    assert (status, reply["finish_reason"], reply["length"]) == (200, "deadline", 0)
    assert reply["script"] == "Soup"


def test_an_unknown_prime_word_comes_with_suggestions(client: Client) -> None:
    _, reply = client.generate(prime="hot soop")
    assert reply["error"] | {"message": ""} == {
        "code": "unknown_word", "message": "", "field": "prime", "suggestions": ["soup"],
    }  # fmt: skip
    assert client.generate(prime="soup", lenght=5)[1]["error"]["suggestions"] == ["length"]


@pytest.mark.parametrize(
    ("prime", "message"),
    [
        ("x" * 60_000, "never seen the word 'xxx"),
        ("soop", "never seen the word 'soop'; nearest: soup"),
        ("\ud800", "never seen the word"),
    ],
    ids=["long", "misspelt", "half a surrogate pair"],
)
def test_an_unknown_prime_word_is_a_422_that_names_it(client: Client, prime: str, message: str) -> None:
    status, reply = client.generate(prime=prime)
    assert (status, reply["error"]["field"]) == (422, "prime")
    assert message in reply["error"]["message"]
    assert len(reply["error"]["message"]) < 300


def test_health_names_model_and_engine(client: Client) -> None:
    status, reply = client.send("GET", "/health")
    assert (status, reply["status"], reply["model"]["name"]) == (200, "ok", "diner")
    assert reply["engine"].startswith("torch 2.13.0")


def test_without_an_int8_engine_the_service_answers_and_health_says_so(
    untrained_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coldopen.engine.int8_engine", lambda: None)
    client = Client(Api(Settings(str(untrained_folder), max_length=50), Logger(service="test")))
    assert client.generate(prime="soup", n=2)[0] == 200
    engine = client.send("GET", "/health")[1]["engine"]
    assert "float32" in engine
    assert "int8" not in engine


def test_the_vocabulary_is_searched_by_prefix(client: Client) -> None:
    assert client.send("GET", "/vocabulary?prefix=T")[1] == {
        "prefix": "T", "total": 7, "words": ["the", "treat", "this", "taken", "training", "tray", "there"],
    }  # fmt: skip
    assert client.send("GET", "/vocabulary?prefix=zz")[1] == {"prefix": "zz", "total": 0, "words": []}
    whole = client.send("GET", "/vocabulary")[1]
    assert whole["total"] == len(whole["words"]) == 28


def test_other_paths_and_methods_are_answered(client: Client) -> None:
    status, reply = client.send("GET", "/nowhere")
    assert (status, reply["error"]["code"]) == (404, "not_found")
    assert "POST /generate, GET /health, GET /vocabulary" in reply["error"]["message"]
    status, reply = client.send("GET", "/generate")
    assert (status, reply["error"]["message"]) == (405, "/generate answers POST, not GET")
    assert client.headers["Allow"] == ["POST, OPTIONS"]


@pytest.mark.parametrize("event", [{"key": "value"}, {"httpMethod": None, "path": None}, [], "jerry"])
def test_an_event_of_something_else_is_answered(client: Client, event: Any) -> None:
    reply = client.api.handle(event, LambdaContext())
    assert reply["statusCode"] == 400
    assert "API Gateway REST events" in reply["body"]


def test_an_event_written_by_hand_may_lack_what_api_gateway_always_sends(client: Client) -> None:
    event = {"httpMethod": "POST", "path": "/generate", "body": '{"prime": "soup", "length": 3}'}
    for extra in ({}, {"headers": None, "multiValueHeaders": None, "requestContext": None, "isBase64Encoded": None}):
        assert client.api.handle({**event, **extra}, LambdaContext())["statusCode"] == 200
    reply = client.api.handle({**event, "body": {"prime": "soup"}}, LambdaContext())
    assert (reply["statusCode"], "not a string" in reply["body"]) == (400, True)


def test_a_model_that_can_t_be_had_is_a_503_and_is_tried_again(
    untrained_files: dict[str, bytes], untrained_folder: Path
) -> None:
    (untrained_folder / MANIFEST).unlink()
    api = Api(Settings(str(untrained_folder), 50), Logger(service="test"))
    api.load(time.monotonic())
    client = Client(api)
    for method, target in (("POST", "/generate"), ("GET", "/health")):
        status, reply = client.send(method, target, b'{"prime": "soup"}')
        assert (status, reply["error"]["code"]) == (503, "model_unavailable")
        assert client.headers["Retry-After"] == ["5"]
        assert str(untrained_folder) not in json.dumps(reply)
    (untrained_folder / MANIFEST).write_bytes(untrained_files[MANIFEST])
    assert client.generate(prime="soup")[0] == 200


@pytest.mark.parametrize(
    "edit",
    [
        lambda manifest: manifest["network"].update(dropout=2),
        lambda manifest: manifest["network"].update(num_layers=0),
        lambda manifest: manifest["files"]["vocab.json"].update(size=10**30),
    ],
)
def test_a_manifest_that_makes_no_sense_is_a_503_too(untrained_folder: Path, edit: Callable[[Any], Any]) -> None:
    manifest = json.loads((untrained_folder / MANIFEST).read_bytes())
    edit(manifest)
    (untrained_folder / MANIFEST).write_text(json.dumps(manifest))
    api = Api(Settings(str(untrained_folder), 50), Logger(service="test"))
    api.load(time.monotonic())
    assert Client(api).generate(prime="soup")[0] == 503


def test_the_log_says_why_a_model_can_t_be_had(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Api(Settings(str(tmp_path / "absent"), 50), Logger(service="why")).load(time.monotonic())
    why, count = map(json.loads, capsys.readouterr().out.splitlines())
    assert (why["message"], "no such directory" in why["reason"]) == ("model not available", True)
    assert (count["message"], count["ModelUnavailable"]) == ("no model at the start", 1)


def test_a_failure_nobody_foresaw_shows_no_trace(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> Callable[..., Any]:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("coldopen.writer.Writer.write_batch", fail)
    status, reply = client.generate(prime="soup")
    assert (status, reply["error"]["code"]) == (500, "internal_error")
    assert reply["error"]["message"] == "the service failed; its log says more under request id request-7"
