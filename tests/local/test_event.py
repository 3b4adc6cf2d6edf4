"""Requests as API Gateway's events."""

from __future__ import annotations

import base64

from local.event import api_event


def test_path_query_headers_and_body_are_where_api_gateway_puts_them() -> None:
    event = api_event("GET", "/vocabulary?prefix=a%20b&x=1&x=2", {"Accept": "*/*"}, b"")
    assert (event["httpMethod"], event["path"], event["body"]) == ("GET", "/vocabulary", None)
    assert event["queryStringParameters"] == {"prefix": "a b", "x": "2"}
    assert event["multiValueQueryStringParameters"] == {"prefix": ["a b"], "x": ["1", "2"]}
    assert event["multiValueHeaders"] == {"Accept": ["*/*"]}


def test_text_travels_as_it_is_and_other_bytes_as_base64() -> None:
    text, other = (api_event("POST", "/", {}, body) for body in ("é".encode(), b"\xff"))
    assert (text["body"], text["isBase64Encoded"]) == ("é", False)
    assert (base64.b64decode(other["body"]), other["isBase64Encoded"]) == (b"\xff", True)


def test_a_path_is_what_the_request_line_has() -> None:
    assert api_event("GET", "//host/health?a=b", {}, b"")["path"] == "//host/health"
    assert api_event("GET", "http://host/health?a=b", {}, b"")["path"] == "/health"
