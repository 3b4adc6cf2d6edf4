"""The page's files: what comes with them, and where a browser looks for the others."""

from __future__ import annotations

import re
import sys
from typing import Any
from urllib.parse import urljoin

import pytest

from local.context import LambdaContext
from local.event import api_event
from tests.lambda_fn.coldopen.http.client import Client


def get(client: Client, path: str, asked_path: str | None = None, **headers: str) -> dict[str, Any]:
    """The reply to a GET; `asked_path` is what the client asked for, with a stage or a base path before it."""
    event = api_event("GET", path, {name.replace("_", "-"): value for name, value in headers.items()}, b"")
    if asked_path:
        event["requestContext"]["path"] = asked_path
    reply: dict[str, Any] = client.api.handle(event, LambdaContext())
    return {**reply, "headers": {name: values[0] for name, values in reply["multiValueHeaders"].items()}}


@pytest.mark.parametrize(
    ("path", "media_type", "begins"),
    [
        ("/", "text/html; charset=utf-8", "<!doctype html>"),
        ("/page.css", "text/css; charset=utf-8", "/*"),
        ("/page.js", "text/javascript; charset=utf-8", "//"),
    ],
)
def test_each_file_comes_with_its_type_and_a_strict_policy(
    client: Client, path: str, media_type: str, begins: str
) -> None:
    reply = get(client, path)
    assert (reply["statusCode"], reply["headers"]["Content-Type"]) == (200, media_type)
    assert reply["body"].startswith(begins)
    assert reply["headers"]["X-Content-Type-Options"] == "nosniff"
    assert reply["headers"]["Referrer-Policy"] == "no-referrer"
    assert reply["headers"]["Cache-Control"] == "public, max-age=300"
    policy = dict(part.strip().split(" ", 1) for part in reply["headers"]["Content-Security-Policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self'",
        "img-src": "'self' data:",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }


def test_what_a_browser_has_already_is_not_sent_again(client: Client) -> None:
    tag = get(client, "/page.css")["headers"]["ETag"]
    for held in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        reply = get(client, "/page.css", If_None_Match=held)
        assert (reply["statusCode"], reply["body"] or "", reply["headers"]["ETag"]) == (304, "", tag)
    assert get(client, "/page.css", If_None_Match='"other"')["statusCode"] == 200


def test_each_file_has_a_tag_of_its_own(client: Client) -> None:
    assert len({get(client, path)["headers"]["ETag"] for path in ("/", "/page.css", "/page.js")}) == 3


@pytest.mark.parametrize("asked_path", ["/", "/prod/", "/prod", "/cold/open", "/cold/open/"])
def test_the_page_finds_its_files_with_a_stage_before_it(client: Client, asked_path: str) -> None:
    page = get(client, "/", asked_path)["body"]
    found = re.findall(r'(?:href|src)="([^":]+)"', page)
    folder = asked_path.rstrip("/")
    assert {urljoin(f"https://example.org{asked_path}", file) for file in found} == {
        f"https://example.org{folder}/page.css",
        f"https://example.org{folder}/page.js",
    }


def test_a_stage_is_never_read_as_html_or_as_another_host(client: Client) -> None:
    for asked_path in ('/"><script>', "//evil.example", "/javascript:x", "/https:"):
        page = get(client, "/", asked_path)["body"]
        assert page.count("<script") == 1
        for file in re.findall(r'(?:href|src)="([^"]+\.(?:css|js))"', page):
            assert urljoin("https://example.org/", file).startswith("https://example.org/")


@pytest.mark.parametrize("path", ["/page.py", "/index.html", "/page/page.js", "/..%2froutes.py", "/../routes.py"])
def test_nothing_else_is_served(client: Client, path: str) -> None:
    assert get(client, path)["statusCode"] == 404


def test_the_page_is_only_read(client: Client) -> None:
    assert client.send("POST", "/")[0] == 405
    assert client.headers["Allow"] == ["GET, HEAD, OPTIONS"]


def test_the_page_names_no_other_host(client: Client) -> None:
    for path in ("/", "/page.css", "/page.js"):
        assert set(re.findall(r"//[\w.-]+\.\w+", get(client, path)["body"])) <= {"//www.w3.org"}  # SVG's name space


def test_no_other_request_waits_for_the_page(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "coldopen.http.static", raising=False)
    assert client.generate(prime="soup")[0] == 200
    assert "coldopen.http.static" not in sys.modules
    assert get(client, "/")["statusCode"] == 200
    assert "coldopen.http.static" in sys.modules
