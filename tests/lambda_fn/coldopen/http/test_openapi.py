"""openapi.json says of the API what is so."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from coldopen.bundle.manifest import MANIFEST
from coldopen.bundle.read import read_bundle
from coldopen.errors import RequestError
from coldopen.http.fronts import read_event
from coldopen.http.openai import fields as openai_fields
from coldopen.http.openai.fields import read_completion_request
from coldopen.http.openapi import read_openapi
from coldopen.http.routes import Api
from coldopen.lexicon import Lexicon
from coldopen.request import FIELDS, MAX_SEED, read_generate_request
from coldopen.settings import Settings
from coldopen.task import read_task
from coldopen.vocabulary import Vocabulary
from local.expected_replies import expected_reply, sample_events
from local.runtime import SHIPPED_BUNDLE
from tests.lambda_fn.coldopen.http.client import Client

MAX_LENGTH, MODEL = 700, "diner"
DOCUMENT = read_openapi(MAX_LENGTH, None)
SCHEMAS = DOCUMENT["components"]["schemas"]
WORDS = Vocabulary([f"word{number}" for number in range(5000)])
NAMES = {"GenerateRequest": FIELDS, "CompletionRequest": openai_fields.FIELDS}
REGISTRY = Registry().with_resource("urn:openapi", DRAFT202012.create_resource(DOCUMENT))

# Values on either side of what fields allow.
VALUES: list[Any] = [
    *(
        None,
        True,
        False,
        "",
        " ",
        "\n",
        "soup",
        "a,b",
        ",",
        "script",
        "plain",
        "fountain",
        "sentence",
        "line",
        "length",
    ),
    *(0, 1, 2, 5, 6, 8, 9, 10, 11, 100, 101, MAX_LENGTH, MAX_LENGTH + 1, 5000, 5001, -1, 1.0, 1.5, 0.5, 1e-9, 10.1),
    *(MAX_SEED, MAX_SEED + 1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, -0.5),
    *([], ["soup"], [""], ["\n"], ["soup", 1], {}, {"a": 1}, {"include_usage": True}, {"include_usage": 1}),
    *(["soup"] * count for count in (4, 5, 20, 21, 50, 51)),
]


def fits(value: Any, place: str) -> bool:
    """Whether a value is one that the document's schema at a place allows."""
    return bool(Draft202012Validator({"$ref": f"urn:openapi#{place}"}, registry=REGISTRY).is_valid(value))


def read(schema: str, fields: dict[str, Any]) -> Any:
    """The request, as the API reads it."""
    if schema == "GenerateRequest":
        return read_generate_request({"prime": "word1", "seed": 5, **fields}, MAX_LENGTH, len(WORDS))
    fields = {"model": MODEL, "prompt": "word1", "seed": 5, **fields}
    return read_completion_request(fields, MODEL, Lexicon(WORDS), MAX_LENGTH)


def is_taken(schema: str, name: str, value: Any) -> bool:
    try:
        read(schema, {name: value, **({"stream": True} if name == "stream_options" else {})})
    except RequestError:
        return False
    return True


def test_it_is_an_openapi_document() -> None:
    assert list(OpenAPIV31SpecValidator(DOCUMENT).iter_errors()) == []


def test_every_route_is_described_and_nothing_else(client: Client) -> None:
    known = client.send("GET", "/nowhere")[1]["error"]["message"].partition("there are: ")[2].split(", ")
    described = {f"{method.upper()} {path}" for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert described == set(known)


@pytest.mark.parametrize("schema", NAMES)
def test_the_fields_are_those_that_are_read(schema: str) -> None:
    assert set(SCHEMAS[schema]["properties"]) == set(NAMES[schema])
    for name in NAMES[schema]:
        is_required = name in SCHEMAS[schema]["required"]
        assert is_required == (name in ("prime", "prompt", "model"))


@pytest.mark.parametrize(
    ("schema", "name"), [(schema, name) for schema, names in NAMES.items() for name in names if name != "model"]
)
def test_a_field_may_be_what_the_api_takes_and_nothing_else(schema: str, name: str) -> None:
    most = {"maximum": len(WORDS)} if name == "top_k" else {}  # which the document says when the model is there
    taken = set()
    for value in VALUES:
        if name == "cast" and value in ("\n", ["\n"]):
            continue  # that nobody is called so is for the model to say
        allowed = fits(value, f"/components/schemas/{schema}/properties/{name}")
        allowed = allowed and Draft202012Validator(most).is_valid(value)
        assert is_taken(schema, name, value) == allowed, value
        taken.add(allowed)
    assert taken == {True, False}


@pytest.mark.parametrize("schema", NAMES)
def test_a_default_is_what_is_done_without_the_field(schema: str) -> None:
    for name, field in SCHEMAS[schema]["properties"].items():
        if "$ref" in field:
            field = SCHEMAS["GenerateRequest"]["properties"][name]
        assert ("default" in field) != (name in ("prime", "prompt", "model", "seed", "memory", "user")), name
        assert read(schema, {name: field["default"]} if "default" in field else {}) == read(schema, {})


def test_a_form_has_the_same_fields_with_the_same_limits() -> None:
    in_json, in_a_form = (SCHEMAS[name]["properties"] for name in ("GenerateRequest", "GenerateForm"))
    assert list(in_json) == list(in_a_form)
    for name, field in in_a_form.items():
        for key in ("minimum", "maximum", "exclusiveMinimum"):
            assert field.get(key) == in_json[name].get(key)
        assert field.get("default") == in_json[name].get("default")


def test_limits_are_those_of_the_settings_and_of_the_model(untrained_folder: Path) -> None:
    client = Client(Api(Settings(str(untrained_folder), max_length=15), Logger(service="test")))
    client.api.load(time.monotonic())
    schemas = client.send("GET", "/openapi.json")[1]["components"]["schemas"]
    generate, completion = (schemas[name]["properties"] for name in NAMES)
    words = len(client.api.model.writer().vocabulary)
    assert (generate["length"]["maximum"], generate["length"]["default"]) == (15, 15)
    assert (generate["lines"]["maximum"], generate["top_k"]["maximum"]) == (15, words)
    assert (completion["max_tokens"]["maximum"], completion["max_tokens"]["default"]) == (15, 15)
    assert completion["model"]["enum"] == ["diner"]


def test_it_is_there_without_the_model(untrained_folder: Path) -> None:
    (untrained_folder / MANIFEST).unlink()
    client = Client(Api(Settings(str(untrained_folder), max_length=MAX_LENGTH), Logger(service="test")))
    assert client.send("GET", "/openapi.json") == (200, DOCUMENT)


def test_each_example_is_a_request_that_the_model_which_ships_can_follow() -> None:
    bundle = read_bundle(str(SHIPPED_BUNDLE))
    count = 0
    for path in ("/generate", "/v1/completions"):
        for media_type, content in DOCUMENT["paths"][path]["post"]["requestBody"]["content"].items():
            for example in content["examples"].values():
                fields = example["value"]
                assert fits(fields, content["schema"]["$ref"].removeprefix("#")), (media_type, fields)
                if path == "/generate":
                    requests = [read_generate_request(fields, MAX_LENGTH, len(bundle.vocabulary))]
                else:
                    asked = read_completion_request(fields, bundle.manifest.name, bundle.lexicon, MAX_LENGTH)
                    requests = [asked.scripts._replace(prime=prompt) for prompt in asked.prompts]
                for request in requests:
                    assert read_task(request, bundle.lexicon, bundle.copies).prime_words
                    count += 1
    assert count == 8


def check_reply(method: str, path: str, status: int, body: Any) -> None:
    """Check a reply against what the document says of it."""
    described = DOCUMENT["paths"][path][method.lower()]["responses"][str(status)]
    place = described.get("$ref", "").removeprefix("#") or f"/paths/{path.replace('/', '~1')}/{method.lower()}"
    place += "" if "$ref" in described else f"/responses/{status}"
    Draft202012Validator({"$ref": f"urn:openapi#{place}/content/application~1json/schema"}, registry=REGISTRY).validate(
        body
    )


@pytest.mark.parametrize("event", sample_events(), ids=lambda path: path.stem)
def test_the_reply_to_a_sample_event_is_as_described(event: Path) -> None:
    _, request = read_event(json.loads(event.read_bytes()))
    reply = json.loads(expected_reply(event).read_bytes())
    reply = reply if "statusCode" in reply else {"statusCode": 200, "body": reply}  # to a request by itself
    if "model" in reply["body"] and request.path == "/generate":
        reply["body"]["timing"] = {"generate_ms": 1.5, "words_per_s": 9}  # differs from run to run, and is left out
    check_reply(request.method, request.path, reply["statusCode"], reply["body"])


@pytest.mark.parametrize(
    ("method", "path", "fields", "status"),
    [
        ("POST", "/generate", {"prime": "soup", "n": 2}, 200),
        ("POST", "/generate", {"prime": "soop"}, 422),
        ("POST", "/v1/completions", {"model": "diner", "prompt": "soup", "n": 2, "logprobs": 5, "echo": True}, 200),
        ("POST", "/v1/completions", {"model": "diner", "prompt": "soop"}, 400),
        ("POST", "/v1/completions", {"model": "dinner", "prompt": "soup"}, 404),
        ("GET", "/v1/models", {}, 200),
        ("GET", "/health", {}, 200),
        ("GET", "/vocabulary", {}, 200),
        ("GET", "/openapi.json", {}, 200),
    ],
)
def test_a_reply_is_as_described(client: Client, method: str, path: str, fields: dict[str, Any], status: int) -> None:
    found, body = client.send(method, path, json.dumps(fields).encode())
    assert found == status
    check_reply(method, path, status, body)


def test_a_reply_that_is_not_as_described_is_noticed() -> None:
    with pytest.raises(Exception, match="Additional properties are not allowed"):
        check_reply("GET", "/v1/models", 200, {"object": "list", "data": [], "more": 1})
    with pytest.raises(Exception, match=re.escape("is too short") + "|non-empty"):
        check_reply("GET", "/v1/models", 200, {"object": "list", "data": []})


def test_the_version_is_the_project_s() -> None:
    pyproject = (Path(__file__).parents[4] / "pyproject.toml").read_text(encoding="utf-8")
    assert f'\nversion = "{DOCUMENT["info"]["version"]}"\n' in pyproject
