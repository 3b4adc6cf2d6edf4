"""The gateway, with the real function behind it: what a client of the API sees."""

from __future__ import annotations

import concurrent.futures
import json
import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import requests

from local.gateway import gateway
from local.runtime import Function, LocalError


@pytest.fixture(scope="module")
def url(emulated: Function) -> Iterator[str]:
    with gateway(emulated) as url:
        yield url


def test_a_request_goes_through_to_the_writer_and_back(url: str) -> None:
    reply = requests.post(f"{url}/generate", json={"prime": "marla", "length": 12, "seed": 3}, timeout=60)
    assert (reply.status_code, reply.headers["Content-Type"]) == (200, "application/json")
    assert reply.json()["script"].startswith("MARLA\nI ")
    assert (reply.json()["length"], reply.json()["seed"]) == (12, 3)


def test_errors_keep_their_status_and_headers(url: str) -> None:
    reply = requests.put(f"{url}/generate", timeout=60)
    assert (reply.status_code, reply.headers["Allow"]) == (405, "POST, OPTIONS")
    assert requests.get(f"{url}/vocabulary", params={"prefix": "ma"}, timeout=60).json()["words"] == ["marla:"]


def test_every_method_reaches_the_function(url: str) -> None:
    for method in ("TRACE", "PROPFIND", "QUERY"):
        assert requests.request(method, f"{url}/health", timeout=60).status_code == 405
    head = requests.head(f"{url}/health", timeout=60)
    assert (head.status_code, head.headers["Content-Type"], head.content) == (200, "application/json", b"")
    options = requests.options(f"{url}/health", timeout=60)
    assert (options.status_code, options.headers["Allow"]) == (204, "GET, HEAD, OPTIONS")
    assert "Content-Length" not in options.headers


def test_bytes_that_are_no_text_reach_the_function(url: str) -> None:
    reply = requests.post(f"{url}/generate", data=b"\xff\xfe", timeout=60)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "malformed_body")


@pytest.mark.parametrize("size", [70_000, 10_000_000])
def test_a_body_that_is_too_large_is_a_413(url: str, size: int) -> None:
    reply = requests.post(f"{url}/generate", data=b"x" * size, timeout=60)
    assert (reply.status_code, reply.json()["error"]["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("headers", ["Transfer-Encoding: chunked", "Content-Length: -1", "Content-Length: ten"])
def test_a_body_of_unknown_length_is_a_411(url: str, headers: str) -> None:
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(
            f"POST /generate HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n\r\n3\r\na=b\r\n0\r\n\r\n".encode()
        )
        assert connection.makefile("rb").readline() == b"HTTP/1.1 411 Length Required\r\n"


def test_requests_that_come_together_queue(url: str) -> None:
    def ask(seed: int) -> int:
        reply = requests.post(f"{url}/generate", json={"prime": "otto", "length": 5, "seed": seed}, timeout=60)
        return int(reply.json()["seed"])

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(24))) == list(range(24))


class Broken:
    """A function that Lambda reports as failed."""

    def invoke(self, event: Mapping[str, Any]) -> Any:
        return {"errorMessage": "timed out", "errorType": "Sandbox.Timedout"}


def test_a_function_that_fails_is_a_502() -> None:
    with gateway(Broken()) as url:
        reply = requests.get(url, timeout=60)
    assert (reply.status_code, json.loads(reply.text)["error"]["code"]) == (502, "bad_gateway")


def raw(url: str, request: bytes) -> bytes:
    """What the gateway answers to these bytes, the client's side closed after them."""
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return connection.makefile("rb").readline()


def test_an_abandoned_upload_ends_in_an_answer() -> None:
    with gateway(Broken()) as url:
        request = b"POST /generate HTTP/1.1\r\nContent-Length: 999999999999999999\r\n\r\nabc"
        assert raw(url, request) == b"HTTP/1.1 413 Request Entity Too Large\r\n"
        request = b"POST /generate HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n"
        assert raw(url, request) == b"HTTP/1.1 411 Length Required\r\n"


def test_a_target_that_is_no_path_is_a_400() -> None:
    with gateway(Broken()) as url:
        assert raw(url, b"GET http://[ HTTP/1.1\r\n\r\n") == b"HTTP/1.1 400 Bad Request\r\n"


def test_a_client_that_goes_away_leaves_no_traceback(capfd: pytest.CaptureFixture[str]) -> None:
    class Slow:
        def invoke(self, event: Mapping[str, Any]) -> Any:
            asked.set()
            gone.wait(10)
            return {"statusCode": 200, "body": "x" * 5_000_000}

    asked, gone = threading.Event(), threading.Event()
    with gateway(Slow()) as url:
        host, _, port = url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close by a reset
            connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
            asked.wait(10)
        gone.set()
    assert capfd.readouterr().err == ""


def test_an_event_that_lambda_would_not_take_is_a_413(url: str) -> None:
    reply = requests.post(f"{url}/generate", data=b"\xff" * 5_000_000, timeout=60)  # base64 makes it 6.7 MB
    assert (reply.status_code, reply.json()["error"]["code"]) == (413, "body_too_large")
    reply = requests.post(f"{url}/generate", data=("ö" * 2_900_000).encode(), timeout=60)
    assert "the body has 5,800,000 bytes" in reply.json()["error"]["message"]


def test_a_port_in_use_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(LocalError, match=rf"port {port} can't be used: .*; choose another with PORT="):
            gateway(Broken(), port).__enter__()
