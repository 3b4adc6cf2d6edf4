"""The router: what follows from a table of paths and methods."""

from __future__ import annotations

import json

import pytest

from coldopen.http.message import Reply, Request
from coldopen.http.router import answer, route

TABLE = {
    "/": {"GET": lambda request: Reply(200, "root")},
    "/both": {"GET": lambda request: Reply(200, "read"), "POST": lambda request: Reply(201, "made")},
    "/write": {"POST": lambda request: Reply(201, "made")},
    "/things/{id}": {"GET": lambda request: Reply(200, request.parameter)},
}


def asked(method: str, path: str, *prefixes: str) -> Reply:
    return answer(TABLE, route(TABLE, Request(method, path, prefixes=prefixes)))


def message(reply: Reply) -> str:
    return str(json.loads(reply.body)["error"]["message"])


@pytest.mark.parametrize("path", ["/both", "/both/", "/both//"])
def test_a_path_is_answered_with_and_without_a_slash_at_its_end(path: str) -> None:
    assert asked("GET", path).body == "read"
    assert asked("POST", path).body == "made"


@pytest.mark.parametrize("path", ["/", "", "//"])
def test_the_root_is_a_path(path: str) -> None:
    assert asked("GET", path).body == "root"


@pytest.mark.parametrize("path", ["/write", "/write/"])
def test_another_method_is_a_405_that_says_which_are_allowed(path: str) -> None:
    reply = asked("GET", path)
    assert (reply.status, reply.headers) == (405, {"Allow": "POST, OPTIONS"})
    assert message(reply) == "/write answers POST, not GET"
    assert asked("HEAD", path).status == 405
    assert asked("PUT", "/both").headers == {"Allow": "GET, POST, HEAD, OPTIONS"}


def test_head_is_answered_where_get_is() -> None:
    assert asked("HEAD", "/both") == asked("GET", "/both")


def test_options_says_what_is_allowed() -> None:
    assert asked("OPTIONS", "/write/") == Reply(204, content_type="", headers={"Allow": "POST, OPTIONS"})


@pytest.mark.parametrize("path", ["/nowhere", "/both/more", "/BOTH", "/things", "//both"])
def test_another_path_is_a_404_that_says_what_there_is(path: str) -> None:
    reply = asked("GET", path)
    assert reply.status == 404
    there_is = "GET /, GET /both, POST /both, POST /write, GET /things/{id}"
    assert message(reply) == f"there is nothing at {json.dumps(path)}; there are: {there_is}"


@pytest.mark.parametrize(("path", "id"), [("/things/a", "a"), ("/things/a%2Fb/", "a/b"), ("/things/a/b", "a/b")])
def test_the_rest_of_a_path_is_a_parameter(path: str, id: str) -> None:
    assert asked("GET", path).body == id


def test_what_a_front_puts_before_a_path_is_passed_over() -> None:
    assert asked("GET", "/shop/both/", "/shop").body == "read"
    assert asked("GET", "/shop/things/a", "/stage", "/shop").body == "a"
    assert asked("GET", "/shop", "/shop").body == "root"
    assert asked("GET", "/both", "/shop").body == "read"
    assert asked("GET", "/shopping/both", "/shop").status == 404
    assert asked("GET", "/other/both", "/shop").status == 404
