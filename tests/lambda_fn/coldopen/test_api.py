"""The API: every request gets the status and the message that it deserves."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from aws_lambda_powertools import Logger

from coldopen.bundle.manifest import MANIFEST
from coldopen.bundle.write import bundle_files, write_bundle
from coldopen.http.body import MAX_BODY_BYTES
from coldopen.http.routes import Api
from coldopen.network import NetworkConfig, ScriptNetwork
from coldopen.request import MAX_SEED
from coldopen.settings import Settings
from coldopen.vocabulary import Vocabulary
from local.event import api_event

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Context:
    """Lambda's context object, as far as the handler asks it."""

    remaining_ms: int = 29_000
    aws_request_id: str = "request-7"

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms


class Client:
    """Sends requests to an Api as API Gateway would, and reads the replies."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.headers: dict[str, list[str]] = {}

    def send(
        self, method: str, target: str, body: bytes = b"", headers: dict[str, str] = JSON, context: Any = None
    ) -> tuple[int, Any]:
        reply = self.api.handle(api_event(method, target, headers, body), context or Context())
        self.headers = dict(reply["multiValueHeaders"])
        assert self.headers["Content-Type"] == ["application/json"]
        return reply["statusCode"], json.loads(reply["body"])

    def generate(self, **fields: Any) -> tuple[int, Any]:
        return self.send("POST", "/generate", json.dumps(fields).encode())


@pytest.fixture
def client(untrained_folder: Path) -> Client:
    return Client(Api(Settings(str(untrained_folder), max_length=50), Logger(service="test")))


def test_a_script_comes_with_all_that_the_contract_names(client: Client) -> None:
    status, reply = client.generate(prime="marla", length=20, seed=5, temperature=0.9, top_k=10, top_p=0.95)
    assert status == 200
    assert reply["script"].startswith("MARLA\n")
    assert (reply["prime"], reply["length"], reply["finish_reason"], reply["seed"]) == ("marla", 20, "length", 5)
    assert reply["model"] == {"name": "diner", "version": client.api.writer().version}
    assert set(reply["timing"]) == {"generate_ms", "words_per_s"}


def test_the_returned_seed_makes_the_same_reply_again(client: Client) -> None:
    _, first = client.generate(prime="soup", top_k=20)
    _, again = client.generate(prime="soup", top_k=20, seed=first["seed"])
    assert again["script"] == first["script"]
    assert client.generate(prime="soup", top_k=20)[1]["seed"] != first["seed"]


def test_several_scripts_come_in_one_reply_each_with_the_seed_that_makes_it_alone(client: Client) -> None:
    fields = {"prime": "hot soup", "length": 20, "top_k": 20, "format": "plain"}
    status, reply = client.generate(**fields, n=3, seed=MAX_SEED - 1)
    assert status == 200
    assert set(reply) == {"scripts", "prime", "model", "timing"}
    assert [script["seed"] for script in reply["scripts"]] == [MAX_SEED - 1, MAX_SEED, 0]
    for script in reply["scripts"]:
        alone = client.generate(**fields, seed=script["seed"])[1]
        assert script == {name: alone[name] for name in ("script", "length", "finish_reason", "seed")}
    assert len({script["script"] for script in reply["scripts"]}) == 3


def test_one_script_is_what_comes_without_n(client: Client) -> None:
    _, asked = client.generate(prime="soup", n=1, seed=4)
    _, default = client.generate(prime="soup", n=None, seed=4)
    assert asked | {"timing": {}} == default | {"timing": {}}
    assert "script" in asked


def test_a_form_may_ask_for_several_scripts(client: Client) -> None:
    assert len(client.send("POST", "/generate", b"prime=soup&n=8", FORM)[1]["scripts"]) == 8


def test_a_deadline_gives_what_is_there_of_each_script(client: Client) -> None:
    status, reply = client.send("POST", "/generate", b'{"prime": "soup", "n": 2}', context=Context(remaining_ms=500))
    assert status == 200
    assert {(script["finish_reason"], script["length"]) for script in reply["scripts"]} == {("deadline", 0)}


def test_null_means_the_default(client: Client) -> None:
    status, reply = client.generate(prime="soup", length=None, temperature=None, top_k=None, seed=None, format=None)
    assert (status, reply["length"]) == (200, 50)


def test_each_format_is_the_same_words(client: Client) -> None:
    replies = {form: client.generate(prime="marla", seed=3, format=form)[1] for form in ("script", "plain", "fountain")}
    assert replies["plain"]["script"].startswith("marla:")
    assert replies["script"]["script"].startswith("MARLA\n")
    assert replies["fountain"]["script"].startswith("MARLA\n")


def test_a_form_does_too(client: Client) -> None:
    body = b"prime=hot+soup&length=7&temperature=0.5&top_k=3&seed=1&format=plain"
    _, by_json = client.generate(prime="hot soup", length=7, temperature=0.5, top_k=3, seed=1, format="plain")
    status, by_form = client.send("POST", "/generate", body, FORM)
    assert (status, by_form["script"]) == (200, by_json["script"])


def test_a_form_may_end_in_an_ampersand_and_holds_numbers_as_json_writes_them(client: Client) -> None:
    assert client.send("POST", "/generate", b"prime=soup&length=7&", FORM)[1]["length"] == 7
    wrong = [("length", "1_0"), ("length", "\u0663"), ("top_k", "0x2"), ("temperature", "1_0"), ("seed", "")]
    for field, value in wrong:
        body = urlencode({"prime": "soup", field: value}).encode()
        status, reply = client.send("POST", "/generate", body, FORM)
        assert (status, reply["error"]["field"]) == (422, field)
    for value in ("1", "0.5", ".5", "5e-1"):
        assert client.send("POST", "/generate", f"prime=soup&temperature={value}".encode(), FORM)[0] == 200


def test_a_vocabulary_smaller_than_the_default_top_k_writes_all_the_same(tmp_path: Path) -> None:
    vocabulary = Vocabulary(["a", "b", "c"])
    network = ScriptNetwork(NetworkConfig(3, 4, 4, 1, 0.0))
    write_bundle(tmp_path / "tiny", bundle_files(network.state_dict(), vocabulary, network.config, "tiny", {}))
    client = Client(Api(Settings(str(tmp_path / "tiny"), max_length=50), Logger(service="test")))
    assert client.generate(prime="a", length=9)[1]["length"] == 9


def test_a_base64_body_is_decoded(client: Client) -> None:
    event = api_event("POST", "/generate", JSON, b"")
    event |= {"body": base64.b64encode(b'{"prime": "soup", "length": 3}').decode(), "isBase64Encoded": True}
    assert client.api.handle(event, Context())["statusCode"] == 200
    event["body"] = "no base64!"
    reply = client.api.handle(event, Context())
    assert (reply["statusCode"], "marked as base64 but is not" in reply["body"]) == (400, True)


def test_a_deadline_gives_what_is_there(client: Client) -> None:
    body = b'{"prime": "soup", "length": 50}'
    status, reply = client.send("POST", "/generate", body, context=Context(remaining_ms=500))
    assert (status, reply["finish_reason"], reply["length"]) == (200, "deadline", 0)
    assert reply["script"] == "Soup"


BAD_VALUES: list[tuple[dict[str, Any], str, str]] = [
    ({}, "prime", "prime is missing"),
    ({"prime": None}, "prime", "prime is missing"),
    ({"prime": ""}, "prime", 'prime is ""; it must be a string of one word or several'),
    ({"prime": " \n"}, "prime", "it must be a string of one word or several"),
    ({"prime": 7}, "prime", "prime is 7; it must be a string"),
    ({"prime": ["soup"]}, "prime", 'prime is ["soup"]; it must be a string'),
    ({"prime": "soup " * 10_000}, "prime", "prime has 10,000 words; at most 200 are read"),
    ({"prime": "-" * 60_000}, "prime", "prime has 60,000 words; at most 200 are read"),
    ({"prime": "x" * 60_000}, "prime", "never seen the word 'xxx"),
    ({"prime": "soop"}, "prime", "never seen the word 'soop'; nearest: soup"),
    ({"prime": "\ud800"}, "prime", "never seen the word"),
    ({"length": 0}, "length", "length is 0; it must be a whole number from 1 to 50"),
    ({"length": -1}, "length", "length is -1; it must be a whole number from 1 to 50"),
    ({"length": 1e9}, "length", "length is 1000000000; it must be a whole number from 1 to 50"),
    ({"length": 10**400}, "length", "it must be a whole number from 1 to 50"),
    ({"length": "ten"}, "length", 'length is "ten"; it must be a whole number from 1 to 50'),
    ({"length": True}, "length", "length is true; it must be a whole number from 1 to 50"),
    ({"length": 1.5}, "length", "length is 1.5; it must be a whole number from 1 to 50"),
    (
        {"temperature": 0},
        "temperature",
        "temperature is 0; it must be a number above 0 and up to 10; for the",
    ),
    ({"temperature": -1}, "temperature", "temperature is -1; it must be a number above 0 and up to 10"),
    ({"temperature": "NaN"}, "temperature", 'temperature is "NaN"; it must be a number'),
    ({"temperature": 11}, "temperature", "temperature is 11; it must be a number above 0 and up to 10"),
    ({"top_k": 0}, "top_k", "top_k is 0; it must be a whole number from 1 to 39"),
    ({"top_k": 40}, "top_k", "top_k is 40; it must be a whole number from 1 to 39"),
    ({"top_p": 0}, "top_p", "top_p is 0; it must be a number above 0 and up to 1"),
    ({"top_p": 1.1}, "top_p", "top_p is 1.1; it must be a number above 0 and up to 1"),
    ({"seed": -1}, "seed", "seed is -1; it must be a whole number from 0 to 4294967295"),
    ({"n": 0}, "n", "n is 0; it must be a whole number from 1 to 8"),
    ({"n": 9}, "n", "n is 9; it must be a whole number from 1 to 8"),
    ({"n": "2"}, "n", 'n is "2"; it must be a whole number from 1 to 8'),
    ({"format": "pdf"}, "format", 'format is "pdf"; it must be one of script, plain, fountain'),
    ({"lenght": 5}, "lenght", 'there is no field "lenght"; the fields are prime, length'),
]


@pytest.mark.parametrize(("fields", "field", "message"), BAD_VALUES)
def test_a_bad_value_is_a_422_that_names_field_value_and_remedy(
    client: Client, fields: dict[str, Any], field: str, message: str
) -> None:
    complete = fields if field == "prime" else {"prime": "soup", **fields}
    status, reply = client.generate(**complete)
    assert (status, reply["error"]["field"]) == (422, field)
    assert message in reply["error"]["message"]
    assert len(reply["error"]["message"]) < 300


def test_an_unknown_prime_word_comes_with_suggestions(client: Client) -> None:
    _, reply = client.generate(prime="hot soop")
    assert reply["error"] | {"message": ""} == {
        "code": "unknown_word", "message": "", "field": "prime", "suggestions": ["soup"],
    }  # fmt: skip
    assert client.generate(prime="soup", lenght=5)[1]["error"]["suggestions"] == ["length"]


@pytest.mark.parametrize(
    ("body", "headers", "status", "message"),
    [
        (b"", JSON, 400, "the body is empty; send JSON such as"),
        (b"", FORM, 400, "the body is empty; send a form such as"),
        (b"jerry", JSON, 400, "the body is not JSON"),
        (b'{"prime": "soup"', JSON, 400, "the body is not JSON"),
        (b"[" * 30_000, JSON, 400, "the body is not JSON"),
        (b'{"prime": "soup", "temperature": NaN}', JSON, 400, "NaN is not a JSON number"),
        (b'{"length": ' + b"9" * 5000 + b"}", JSON, 400, "the body is not JSON"),
        (b'["prime"]', JSON, 400, 'the body is JSON but no object: ["prime"]'),
        (b"null", JSON, 400, "the body is JSON but no object: null"),
        (b'{"prime": "s\xffup"}', JSON, 400, "the body is not UTF-8: byte 0xff at position 12"),
        (b"prime=s%ffup", FORM, 400, "the body is not a form"),
        (b"prime", FORM, 400, "the body is not a form"),
        (b"prime=soup&prime=stew", FORM, 400, 'the form has the field "prime" twice'),
        (b"&".join(b"a%d=1" % n for n in range(30)), FORM, 400, "the body is not a form"),
        (b'{"prime": "soup"}', FORM, 400, "looks like JSON but was sent as a form; add the header Content-Type"),
        (b"prime=soup&length=ten", FORM, 422, 'length is "ten"; it must be a whole number'),
        (b"prime=soup&temperature=nan", FORM, 422, 'temperature is "nan"; it must be a number above 0'),
        (b"x" * (MAX_BODY_BYTES + 1), JSON, 413, "the body has 65,537 bytes; at most 65,536 are read"),
        (b"x" * 10_000_000, JSON, 413, "the body has 10,000,000 bytes; at most 65,536 are read"),
        (b"<prime/>", {"content-type": "text/xml; charset=utf-8"}, 415, "the body is text/xml; send application/json"),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else None,  # a body may be long
)
def test_a_body_that_can_t_be_read_says_why(
    client: Client, body: bytes, headers: dict[str, str], status: int, message: str
) -> None:
    got, reply = client.send("POST", "/generate", body, headers)
    assert got == status
    assert message in reply["error"]["message"]


def test_a_body_without_a_content_type_is_read_as_json(client: Client) -> None:
    assert client.send("POST", "/generate", b'{"prime": "soup", "length": 1}', {})[0] == 200


def test_a_byte_order_mark_is_passed_over(client: Client) -> None:
    assert client.send("POST", "/generate", b'\xef\xbb\xbf{"prime": "soup", "length": 1}')[0] == 200


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
    assert client.headers["Allow"] == ["POST"]


@pytest.mark.parametrize("event", [{"key": "value"}, {"httpMethod": None, "path": None}, [], "jerry"])
def test_an_event_of_something_else_is_answered(client: Client, event: Any) -> None:
    reply = client.api.handle(event, Context())
    assert reply["statusCode"] == 400
    assert "API Gateway REST events" in reply["body"]


def test_an_event_written_by_hand_may_lack_what_api_gateway_always_sends(client: Client) -> None:
    event = {"httpMethod": "POST", "path": "/generate", "body": '{"prime": "soup", "length": 3}'}
    for extra in ({}, {"headers": None, "multiValueHeaders": None, "requestContext": None, "isBase64Encoded": None}):
        assert client.api.handle({**event, **extra}, Context())["statusCode"] == 200
    reply = client.api.handle({**event, "body": {"prime": "soup"}}, Context())
    assert (reply["statusCode"], "not a string" in reply["body"]) == (400, True)


def test_a_model_that_can_t_be_had_is_a_503_and_is_tried_again(
    untrained_files: dict[str, bytes], untrained_folder: Path
) -> None:
    (untrained_folder / MANIFEST).unlink()
    api = Api(Settings(str(untrained_folder), 50), Logger(service="test"))
    api.load()
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
    api.load()
    assert Client(api).generate(prime="soup")[0] == 503


def test_the_log_says_why_a_model_can_t_be_had(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Api(Settings(str(tmp_path / "absent"), 50), Logger(service="why")).load()
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (line["message"], "no such directory" in line["reason"]) == ("model not available", True)


def test_a_failure_nobody_foresaw_shows_no_trace(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> Callable[..., Any]:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("coldopen.writer.Writer.write_batch", fail)
    status, reply = client.generate(prime="soup")
    assert (status, reply["error"]["code"]) == (500, "internal_error")
    assert reply["error"]["message"] == "the service failed; its log says more under request id request-7"
