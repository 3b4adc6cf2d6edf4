"""Fronts: what stands before the function, and the events that it makes of requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from coldopen.errors import RequestError
from coldopen.http.message import Reply, Request
from coldopen.http.replies import error_reply

WriteReply = Callable[[Reply], Any]


def read_event(event: Any) -> tuple[WriteReply, Request]:
    """The request that an event brings, and what writes a reply as its front reads it.

    Raises:
        RequestError: 400, if the event brings none.
    """
    if not isinstance(event, dict) or not all(isinstance(event.get(key), str) for key in ("httpMethod", "path")):
        message = "this function answers API Gateway REST events (Lambda proxy integration), as in events/"
        raise RequestError(400, "not_an_api_event", message)
    request = Request(
        method=event["httpMethod"],
        path=event["path"],
        query=event.get("queryStringParameters") or {},
        headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
        body=event.get("body"),
        is_base64=bool(event.get("isBase64Encoded")),
    )
    return _rest_reply, request


def not_an_event(error: RequestError) -> dict[str, Any]:
    """The reply to an event that brings no request."""
    reply = error_reply(error)
    return {"statusCode": reply.status, "headers": _headers(reply), "body": reply.body}


def _rest_reply(reply: Reply) -> dict[str, Any]:
    several = {name: [value] for name, value in _headers(reply).items()}
    return {"statusCode": reply.status, "body": reply.body, "isBase64Encoded": False, "multiValueHeaders": several}


def _headers(reply: Reply) -> dict[str, str]:
    return {**({"Content-Type": reply.content_type} if reply.content_type else {}), **reply.headers}
