"""The client of a deployed API, against the real gateway and against servers that are something else."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from local.gateway import gateway
from local.runtime import Function
from training.service import Service, ServiceError


@contextmanager
def answering(status: int, body: bytes, wanted: Mapping[str, str] | None = None) -> Iterator[str]:
    """A server that gives everything with these headers one answer, and refuses what lacks them."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            has_them = all(self.headers.get(name) == value for name, value in (wanted or {}).items())
            self.send_response(status if has_them else 403)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815

        def log_message(self, form: str, *arguments: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_scripts_come_from_the_service(emulated: Function) -> None:
    with gateway(emulated) as url:
        service = Service(f"{url}/")
        prime = service.default_prime()
        assert prime in {"marla", "otto", "ines", "bo"}
        reply = service.generate({"prime": prime, "length": 5, "seed": 2})
        assert (reply["seed"], reply["length"]) == (2, 5)
        assert reply["script"].startswith(f"{prime.upper()}\n")


def test_the_key_is_sent_and_the_lack_of_one_is_told() -> None:
    with answering(403, b'{"message":"Forbidden"}') as url:
        with pytest.raises(
            ServiceError, match=r"403 Forbidden: where it wants an API key, the environment variable API_KEY"
        ):
            Service(url).generate({})
        with pytest.raises(ServiceError, match="API_KEY holds characters that no API key has"):
            Service(url, "abc\n")
    with answering(200, b'{"script": "x"}', wanted={"x-api-key": "abc"}) as url:
        assert Service(url, "abc").generate({}) == {"script": "x"}
        with pytest.raises(ServiceError, match="403"):
            Service(url, "abd").generate({})


def test_what_the_service_refuses_is_told_in_its_own_words(emulated: Function) -> None:
    with gateway(emulated) as url, pytest.raises(ServiceError, match=r"^length is 0; it must be a whole number"):
        Service(url).generate({"prime": "otto", "length": 0})


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (200, b"<html>hello</html>", "answers, but not as Cold Open's API does"),
        (200, b"[1]", "answers, but not as Cold Open's API does"),
        (200, b'{"words": [1]}', "answers, but not as Cold Open's API does"),
        (200, b'{"words": []}', "answers, but not as Cold Open's API does"),
        (200, b"\xff", "answers, but not as Cold Open's API does"),
        (403, b'{"message": "Forbidden"}', "answered 403 Forbidden"),
        (502, b"<html>", "answered 502 Bad Gateway"),
    ],
)
@pytest.mark.parametrize("ask", [lambda service: service.default_prime(), lambda service: service.generate({})])
def test_another_server_is_told_from_the_service(
    status: int, body: bytes, message: str, ask: Callable[[Service], object]
) -> None:
    with answering(status, body) as url, pytest.raises(ServiceError) as error:
        ask(Service(url))
    assert message in str(error.value)
    assert url in str(error.value)


def test_a_service_that_is_not_there_is_one_sentence() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(ServiceError, match=f"^{url} can't be reached: .*refused"):
        Service(url).generate({})


@pytest.mark.parametrize("url", ["localhost:8080", "file:///etc/hosts", ""])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ServiceError, match="is no address of an API"):
        Service(url)


@pytest.mark.parametrize("url", ["http://", "http://[", "https://a b"])
def test_a_broken_address_can_t_be_reached(url: str) -> None:
    with pytest.raises(ServiceError, match="can't be reached"):
        Service(url).default_prime()
