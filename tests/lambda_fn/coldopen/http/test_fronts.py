"""Fronts: a request gets the same answer through each, in the form that the front reads."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from aws_lambda_powertools import Logger
from hypothesis import strategies

from coldopen.http.routes import Api
from coldopen.settings import Settings
from local.context import LambdaContext
from tests.lambda_fn.coldopen.http.client import Client

FIELDS = {"prime": "soup", "length": 5, "seed": 1}
BODY = json.dumps(FIELDS)
JSON_TYPE = {"content-type": "application/json"}


def rest(method: str, path: str, **more: Any) -> dict[str, Any]:
    """The least that a REST API's event holds."""
    return {"resource": "/{proxy+}", "httpMethod": method, "path": path, **more}


def payload_2(method: str, path: str, **more: Any) -> dict[str, Any]:
    """The event of an HTTP API or a function URL."""
    http = {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "10.0.0.1", "userAgent": "curl"}
    context = {"http": http, "stage": "$default", "domainName": "a.lambda-url.us-east-1.on.aws"}
    event = {"version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "", "headers": JSON_TYPE}
    return {**event, "requestContext": context, "isBase64Encoded": False, **more}


def balanced(method: str, path: str, **more: Any) -> dict[str, Any]:
    """The event of an Application Load Balancer."""
    group = "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/scripts/1"
    return {"requestContext": {"elb": {"targetGroupArn": group}}, "httpMethod": method, "path": path, **more}


def handled(client: Client, event: Any) -> Any:
    return client.api.handle(event, LambdaContext())


def content(reply: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(reply["body"])
    return body


EVENTS = {
    "REST": rest("POST", "/generate", body=BODY, headers={"Content-Type": "application/json"}),
    "REST, nulls": rest(
        "POST", "/generate", body=BODY, headers=None, multiValueHeaders=None, pathParameters=None, requestContext=None
    ),
    "REST, multi-value headers alone": rest(
        "POST", "/generate", body=BODY, headers=None, multiValueHeaders={"Content-Type": ["application/json"]}
    ),
    "REST, stage": rest(
        "POST", "/generate", body=BODY, requestContext={"path": "/prod/generate", "stage": "prod"}
    ),
    "REST, base path": rest(
        "POST", "/shop/generate", body=BODY, pathParameters={"proxy": "generate"}, requestContext={"stage": "prod"}
    ),
    "REST, base path and slash": rest("POST", "/shop/generate/", body=BODY, pathParameters={"proxy": "generate/"}),
    "REST, base path and a route of its own": rest("POST", "/shop/generate", body=BODY, resource="/generate"),
    "REST, base path and another name": rest(
        "POST", "/a/b/generate", body=BODY, resource="/b/{all+}", pathParameters={"all": "generate"}
    ),
    "HTTP API, payload 1.0": rest(
        "POST", "/dev/generate", version="1.0", body=BODY, resource="/generate", requestContext={"stage": "dev"}
    ),
    "function URL": payload_2("POST", "/generate", body=BODY),
    "function URL, base64": payload_2(
        "POST", "/generate", body=base64.b64encode(BODY.encode()).decode(), isBase64Encoded=True
    ),
    "function URL, form": payload_2(
        "POST", "/generate", body=base64.b64encode(b"prime=soup&length=5&seed=1").decode(), isBase64Encoded=True,
        headers={"content-type": "application/x-www-form-urlencoded"}, cookies=["a=b", "c=d"],
    ),
    "HTTP API, stage": payload_2(
        "POST", "/dev/generate", body=BODY, requestContext={"http": {"method": "POST"}, "stage": "dev"}
    ),
    "HTTP API, greedy route": payload_2(
        "POST", "/shop/generate", body=BODY, routeKey="ANY /shop/{proxy+}", pathParameters={"proxy": "generate"}
    ),
    "HTTP API, no rawPath": payload_2("POST", "/generate", body=BODY, rawPath=None),
    "load balancer": balanced("POST", "/generate", body=BODY, headers=JSON_TYPE, queryStringParameters={}),
    "load balancer, multi-value headers": balanced(
        "POST", "/generate", body=BODY, multiValueHeaders={"content-type": ["application/json"]}
    ),
    "VPC Lattice": {
        "version": "2.0", "method": "POST", "path": "/generate?x=1", "body": BODY, "headers": {"accept": ["*/*"]},
        "requestContext": {"serviceArn": "arn:aws:vpc-lattice:us-east-1:1:service/svc-1"},
    },
    "VPC Lattice, version 1": {
        "method": "POST", "raw_path": "/generate", "body": base64.b64encode(BODY.encode()).decode(),
        "is_base64_encoded": True, "headers": {"accept": "*/*"}, "query_string_parameters": {},
    },
}  # fmt: skip


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
def test_a_request_gets_the_same_answer_through_every_front(event: dict[str, Any], client: Client) -> None:
    reply = handled(client, event)
    assert (reply["statusCode"], reply["isBase64Encoded"]) == (200, False)
    assert content(reply)["script"] == client.generate(**FIELDS)[1]["script"]


@pytest.mark.parametrize(
    ("event", "form", "description"),
    [
        (rest("PUT", "/generate"), "multiValueHeaders", None),
        (payload_2("PUT", "/generate"), "headers", None),
        (balanced("PUT", "/generate", headers=JSON_TYPE), "headers", "405 Method Not Allowed"),
        (
            balanced("PUT", "/generate", multiValueHeaders={"accept": ["*/*"]}),
            "multiValueHeaders",
            "405 Method Not Allowed",
        ),
        ({"method": "PUT", "path": "/generate"}, "headers", "405 Method Not Allowed"),
    ],
    ids=["REST", "payload 2.0", "load balancer", "load balancer, multi-value headers", "VPC Lattice"],
)
def test_a_front_gets_the_headers_in_the_form_that_it_reads(
    event: dict[str, Any], form: str, description: str | None, client: Client
) -> None:
    reply = handled(client, event)
    assert {"headers", "multiValueHeaders"} & reply.keys() == {form}
    values = {name: value if form == "headers" else value[0] for name, value in reply[form].items()}
    assert values == {
        "Content-Type": "application/json", "X-Content-Type-Options": "nosniff", "Allow": "POST, OPTIONS",
    }  # fmt: skip
    assert reply.get("statusDescription") == description


@pytest.mark.parametrize(
    "event",
    [
        rest("GET", "/vocabulary", queryStringParameters={"prefix": "tr"}),
        rest("GET", "/vocabulary", multiValueQueryStringParameters={"prefix": ["x", "tr"]}),
        payload_2(
            "GET", "/vocabulary", rawQueryString="prefix=x&prefix=%74r", queryStringParameters={"prefix": "x,tr"}
        ),
        payload_2("GET", "/vocabulary", rawQueryString=None, queryStringParameters={"prefix": "tr"}),
        balanced("GET", "/vocabulary", queryStringParameters={"prefix": "%74r"}),
        balanced("GET", "/vocabulary", multiValueQueryStringParameters={"prefix": ["x", "%74r"]}),
        {"method": "GET", "path": "/vocabulary?prefix=tr", "queryStringParameters": {"prefix": ["tr"]}},
    ],
)
def test_a_query_is_read_as_each_front_writes_it(event: dict[str, Any], client: Client) -> None:
    assert content(handled(client, event))["words"] == ["treat", "training", "tray"]


@pytest.mark.parametrize("front", [rest, payload_2, balanced])
def test_head_has_the_headers_of_get_and_no_body(front: Any, client: Client) -> None:
    head, get = handled(client, front("HEAD", "/health/")), handled(client, front("GET", "/health/"))
    assert head == {**get, "body": ""}
    assert handled(client, front("HEAD", "/nowhere"))["body"] == ""


def test_a_base_path_is_only_what_the_front_says_it_is(client: Client) -> None:
    assert handled(client, rest("GET", "/shop/health"))["statusCode"] == 404
    assert handled(client, rest("GET", "/shop/health", pathParameters={"proxy": "generate"}))["statusCode"] == 404
    assert handled(client, balanced("GET", "/shop/health"))["statusCode"] == 404


def test_a_base_path_can_be_set_for_a_front_that_does_not_tell(untrained_folder: Path) -> None:
    api = Api(Settings(str(untrained_folder), 50, base_path="/shop"), Logger(service="test"))
    for event in (balanced("GET", "/shop/health"), payload_2("GET", "/shop/health/"), rest("GET", "/health")):
        assert api.handle(event, LambdaContext())["statusCode"] == 200


def test_a_request_by_itself_gets_the_reply_by_itself(client: Client) -> None:
    reply = handled(client, FIELDS)
    assert reply | {"timing": {}} == client.generate(**FIELDS)[1] | {"timing": {}}
    assert len(handled(client, {"prime": "soup", "n": 2})["scripts"]) == 2


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({"prime": "soop"}, "unknown_word"),
        ({"length": 5}, "missing_field"),
        ({"prime": "soup", "colour": 1}, "unknown_field"),
        ({"prime": "soup", "top_p": float("nan")}, "malformed_body"),
        ({"prime": "x" * 70_000}, "body_too_large"),
    ],
)
def test_an_error_is_by_itself_too(event: dict[str, Any], code: str, client: Client) -> None:
    reply = handled(client, event)
    assert (list(reply), reply["error"]["code"]) == (["error"], code)


def test_a_reply_by_itself_can_be_written_as_utf_8(client: Client) -> None:
    reply = handled(client, {"prime": "soup", "\ud800": 1})
    assert reply["error"]["code"] == "unknown_field"
    json.dumps(reply, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "event",
    [
        {"source": "serverless-plugin-warmup"},
        {"warmer": True, "concurrency": 3},
        {"warmup": True},
        "#warmup wait=200",
        {"version": "0", "detail-type": "Scheduled Event", "source": "aws.events", "resources": [], "detail": {}},
        {"version": "0", "detail-type": "Scheduled Event", "source": "aws.scheduler", "resources": [], "detail": "{}"},
    ],
)
def test_a_ping_is_answered_with_the_model_loaded(event: Any, client: Client) -> None:
    assert handled(client, event)["status"] == "ok"


JSON_VALUES = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers() | strategies.floats() | strategies.text(),
    lambda inner: strategies.lists(inner, max_size=3)
    | strategies.dictionaries(
        strategies.sampled_from(
            ["http", "elb", "stage", "method", "path", "proxy", "content-type", "prefix", "prime", "Content-Type"]
        ),
        inner,
        max_size=3,
    ),
    max_leaves=8,
)
EVENT_NAMES = [
    "httpMethod", "path", "rawPath", "raw_path", "method", "headers", "multiValueHeaders", "queryStringParameters",
    "rawQueryString", "body", "multiValueQueryStringParameters", "requestContext", "pathParameters", "resource",
    "routeKey", "isBase64Encoded", "source", "warmer", "prime", "length", "detail-type"
]  # fmt: skip
METHODS, PATHS = strategies.sampled_from(["GET", "POST", "OPTIONS"]), strategies.sampled_from(["/", "/health", "/x"])


@hypothesis.given(
    strategies.dictionaries(strategies.sampled_from(EVENT_NAMES), JSON_VALUES | METHODS | PATHS, max_size=9)
    | JSON_VALUES
)
@hypothesis.settings(max_examples=500, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
def test_no_event_brings_the_function_down(client: Client, event: Any) -> None:
    reply = handled(client, event)
    assert reply.get("statusCode", 200) != 500
    assert reply.get("error", {}).get("code") != "internal_error"
    json.dumps(reply, ensure_ascii=False, allow_nan=False).encode()
