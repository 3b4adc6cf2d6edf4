"""A small HTTP server that does what API Gateway does.

A request becomes an event for the function, and the function's reply becomes the response.
"""

from __future__ import annotations

import base64
import json
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local.event import api_event
from local.runtime import MAX_PAYLOAD_BYTES, Function, LocalError, PayloadTooLargeError

_MAX_DROPPED_BYTES = 100_000_000
_POLL_S = 0.05  # how long it may take until a stop is noticed


def _error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


_FAILED = _error("bad_gateway", "the function failed; its log says why")
_NO_LENGTH = _error("length_required", "send the body with its Content-Length, not in chunks")
_TOO_LARGE = _error("body_too_large", f"Lambda takes at most {MAX_PAYLOAD_BYTES:,} bytes")


@contextmanager
def gateway(function: Function, port: int = 0, host: str = "127.0.0.1") -> Iterator[str]:
    """Serve a function over HTTP while the context lasts.

    Args:
        function: is invoked once for each request; requests that come together queue.
        port: 0 takes a free one.
        host: the address to listen at: this machine's own, for itself alone, or 0.0.0.0 for whoever reaches it.

    Yields:
        The base URL, for this machine.

    Raises:
        LocalError: if the port is taken or not allowed.
    """
    try:
        server = _Server((host, port), type("Handler", (_Handler,), {"function": function}))
    except (OSError, OverflowError) as error:
        raise LocalError(f"port {port} can't be used: {error}; choose another with PORT=") from None
    thread = threading.Thread(target=server.serve_forever, args=(_POLL_S,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report an error, but for a client that went away: that is no fault of ours."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    function: Function
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        length = self.headers.get("Content-Length") or "0"
        if "Transfer-Encoding" in self.headers or not re.fullmatch("[0-9]{1,18}", length):
            self.close_connection = True  # where the body ends is not known, nor where the next request begins
            return self._refuse(411, _NO_LENGTH)
        size = int(length)
        body = self._read(size)
        if size > MAX_PAYLOAD_BYTES:
            self.close_connection = True
            return self._refuse(413, _TOO_LARGE)
        try:
            event = api_event(self.command, self.path, dict(self.headers), body)
        except ValueError as error:
            return self._refuse(400, _error("malformed_target", f"{self.path[:60]!r} is not a path: {error}"))
        try:
            reply = self.function.invoke(event)
        except PayloadTooLargeError:
            return self._refuse(413, _TOO_LARGE)
        except LocalError as error:
            print(f"local: {error}", file=sys.stderr)
            reply = None
        if not isinstance(reply, dict) or "statusCode" not in reply:
            return self._refuse(502, _FAILED)
        return self._send(reply["statusCode"], _headers(reply), _body(reply))

    def __getattr__(self, name: str) -> Any:
        """The server asks for do_GET and its like: every method goes to the function."""
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _read(self, size: int) -> bytes:
        """The body, up to the limit. Some more is read and dropped, so that the client hears the answer."""
        kept = self.rfile.read(min(size, MAX_PAYLOAD_BYTES))
        left = min(size, _MAX_DROPPED_BYTES) - len(kept)
        while left > 0 and (dropped := len(self.rfile.read(min(65_536, left)))):
            left -= dropped
        return kept

    def _refuse(self, status: int, error: Mapping[str, Any]) -> None:
        self._send(status, {"Content-Type": "application/json"}, json.dumps(error).encode())

    def _send(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.command != "HEAD" and status != HTTPStatus.NO_CONTENT:  # a client would wait for so much, or refuse it
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, form: str, *arguments: object) -> None:
        """Keep quiet: the function logs each request itself."""


def _headers(reply: Mapping[str, Any]) -> dict[str, str]:
    several = {name: ", ".join(values) for name, values in (reply.get("multiValueHeaders") or {}).items()}
    return {**(reply.get("headers") or {}), **several}


def _body(reply: Mapping[str, Any]) -> bytes:
    body = reply.get("body") or ""
    return base64.b64decode(body) if reply.get("isBase64Encoded") else body.encode()
