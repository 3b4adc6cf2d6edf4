"""Fronts: what stands before the function, the events that it makes of requests, and how it reads replies.

Sources, all AWS's: "Input format of a Lambda function for proxy integration" (REST API), "Working with AWS Lambda proxy
integrations for HTTP APIs" (payload 2.0, which function URLs send too), "Lambda functions as targets" (Application Load
Balancer; VPC Lattice).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote_plus

from coldopen.errors import RequestError
from coldopen.http.message import Reply, Request
from coldopen.request import FIELDS

_NOT_AN_EVENT = (
    "this function answers API Gateway REST events and those of HTTP APIs, function URLs and load balancers, as in "
    'events/, and a request by itself, such as {"prime": "jerry", "length": 100}'
)
_REST_WAITS_S, _HTTP_API_WAITS_S = 29, 30
_MAX_EPOCH_MS = 10**15
_PING_KEYS = ("warmer", "warmup", "ping")


class Front(NamedTuple):
    """A front.

    Attributes:
        name: as the log has it.
        write: makes of a reply what the front reads.
    """

    name: str
    write: Callable[[Reply], Any]


def read_event(event: Any) -> tuple[Front, Request]:
    """The front that sent an event, and the request in it. Whatever else an event may hold can be null or missing.

    Raises:
        RequestError: 400, if there is no request in it.
    """
    if isinstance(event, str) and event.startswith("#warmup"):
        return _PING
    if not isinstance(event, Mapping):
        raise _not_an_event()
    context = _mapping(event, "requestContext")
    http = _mapping(context, "http")
    if _has_texts(http, "method"):
        path = event.get("rawPath") or http.get("path")
        return _PAYLOAD_2, _request(event, http["method"], path, _raw_query(event) or _texts(event, _QUERY))
    if "elb" in context and _has_texts(event, "httpMethod"):
        encoded = _texts(event, _MULTI_QUERY, _QUERY)  # as it was sent; API Gateway decodes it
        query = {unquote_plus(name): unquote_plus(value) for name, value in encoded.items()}
        front = _LOAD_BALANCER_MULTI if event.get("multiValueHeaders") else _LOAD_BALANCER
        return front, _request(event, event["httpMethod"], event.get("path"), query)
    if _has_texts(event, "httpMethod", "path"):
        return _REST, _request(event, event["httpMethod"], event["path"], _texts(event, _MULTI_QUERY, _QUERY))
    if _has_texts(event, "method"):
        path = str(event.get("path") or event.get("raw_path") or "").partition("?")[0]
        return _LATTICE, _request(event, event["method"], path, _texts(event, _QUERY, "query_string_parameters"))
    if _is_ping(event):
        return _PING
    if "requests" in event:
        return _BATCH, Request("POST", "/generate", fields=event)
    if not set(FIELDS).isdisjoint(event):
        return _BARE, Request("POST", "/generate", fields=event)
    raise _not_an_event()


_QUERY, _MULTI_QUERY = "queryStringParameters", "multiValueQueryStringParameters"


def _request(event: Mapping[str, Any], method: str, path: Any, query: Mapping[str, str]) -> Request:
    if not isinstance(path, str):
        raise _not_an_event()
    headers = _texts(event, "multiValueHeaders", "headers")
    context = _mapping(event, "requestContext")
    return Request(
        method=method,
        path=path,
        query=query,
        headers={name.lower(): value for name, value in headers.items()},
        body=event.get("body"),
        is_base64=bool(event.get("isBase64Encoded") or event.get("is_base64_encoded")),
        prefixes=_prefixes(event, path),
        asked_path=str(context.get("path") or _mapping(context, "http").get("path") or path),
        gives_up_at=_gives_up_at(context),
    )


def _gives_up_at(context: Mapping[str, Any]) -> float:
    """When API Gateway, which counts from when it got the request, answers without the function; see `Request`.

    Source: AWS, "Quotas for configuring and running a REST API" and "Quotas for configuring and running an HTTP API". A
    function URL tells the time too, and waits as long as the function may take.
    """
    if ".lambda-url." not in str(context.get("domainName")):
        for name, waits_s in (("requestTimeEpoch", _REST_WAITS_S), ("timeEpoch", _HTTP_API_WAITS_S)):
            asked_at_ms = context.get(name)
            if isinstance(asked_at_ms, int | float) and 0 < asked_at_ms < _MAX_EPOCH_MS:
                return asked_at_ms / 1000 + waits_s
    return math.inf


def _prefixes(event: Mapping[str, Any], path: str) -> tuple[str, ...]:
    """What API Gateway may have put before the path: a custom domain's base path, or the stage."""
    stage, end, path = _mapping(event, "requestContext").get("stage"), _route(event), path.rstrip("/")
    base = path.removesuffix(end) if end is not None and path.endswith(end) else ""
    return base, f"/{stage}"


def _route(event: Mapping[str, Any]) -> str | None:
    """The path that API Gateway's route stands for, which follows the base path; None if that is not told."""
    resource = event.get("resource") or str(event.get("routeKey") or "").partition(" ")[2] or "/{proxy+}"
    if not str(resource).endswith("+}"):
        return str(resource).rstrip("/")
    proxied = _texts(event, "pathParameters").get(str(resource).rpartition("{")[2].removesuffix("+}"))
    return None if proxied is None else "/" + proxied.strip("/")


def _raw_query(event: Mapping[str, Any]) -> dict[str, str]:
    raw = event.get("rawQueryString")
    return dict(parse_qsl(raw, keep_blank_values=True)) if isinstance(raw, str) else {}


def _is_ping(event: Mapping[str, Any]) -> bool:
    """Whether an event only keeps a function warm: those of schedules, and of plugins that do so."""
    if event.get("detail-type") == "Scheduled Event" or any(event.get(key) for key in _PING_KEYS):
        return True
    return "warmup" in str(event.get("source")).lower()


def _mapping(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = event.get(name)
    return value if isinstance(value, Mapping) else {}


def _has_texts(event: Mapping[str, Any], *names: str) -> bool:
    return all(isinstance(event.get(name), str) for name in names)


def _texts(event: Mapping[str, Any], *names: str) -> dict[str, str]:
    """The texts by name of an event's mappings, the last of several; where mappings differ, the last mapping's."""
    texts = {}
    for mapping in names:
        for name, value in _mapping(event, mapping).items():
            text = value[-1] if isinstance(value, list) and value else value
            if isinstance(text, str):
                texts[name] = text
    return texts


def _not_an_event() -> RequestError:
    return RequestError(400, "not_an_api_event", _NOT_AN_EVENT)


def _headers(reply: Reply) -> dict[str, str]:
    if not reply.content_type:
        return dict(reply.headers)
    # what a body is called is what it is: a browser must not find HTML in it
    return {"Content-Type": reply.content_type, "X-Content-Type-Options": "nosniff", **reply.headers}


def _written(reply: Reply) -> dict[str, Any]:
    return {"statusCode": reply.status, "headers": _headers(reply), "body": reply.body, "isBase64Encoded": False}


def _written_multi(reply: Reply) -> dict[str, Any]:
    written = _written(reply)
    several = {name: [value] for name, value in written.pop("headers").items()}
    return {**written, "multiValueHeaders": several}


def _described(written: dict[str, Any]) -> dict[str, Any]:
    from http import HTTPStatus  # only these fronts ask for it, so no other cold start pays

    status = written["statusCode"]
    return {**written, "statusDescription": f"{status} {HTTPStatus(status).phrase}"}


def _content(reply: Reply) -> Any:
    text = json.dumps(json.loads(reply.body), ensure_ascii=False)
    return json.loads(text.encode("utf-8", "replace"))  # Lambda can't write half a surrogate pair


def _batch_content(reply: Reply) -> Any:
    from coldopen.http.batch import raise_if_failed

    raise_if_failed(reply)
    return _content(reply)


_REST = Front("rest", _written_multi)
_PAYLOAD_2 = Front("payload 2.0", _written)
_LOAD_BALANCER = Front("load balancer", lambda reply: _described(_written(reply)))
_LOAD_BALANCER_MULTI = Front("load balancer", lambda reply: _described(_written_multi(reply)))
_LATTICE = Front("lattice", lambda reply: _described(_written(reply)))
_BARE = Front("bare", _content)
_BATCH = Front("batch", _batch_content)
UNKNOWN = Front("unknown", _written)  # most fronts read this
_PING = (Front("ping", _content), Request("GET", "/health"))
