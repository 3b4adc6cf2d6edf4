"""A small HTTP front that does what API Gateway does: request to event, the function's reply to response."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local.event import api_event
from local.runtime import Function, LocalError

MAX_PAYLOAD_BYTES = 6_000_000  # Lambda's limit for a synchronous invocation; API Gateway answers 413 above it

_FAILED = {"error": {"code": "bad_gateway", "message": "the function failed; its log says why"}}
_NO_LENGTH = {"error": {"code": "length_required", "message": "send the body with its Content-Length, not in chunks"}}
_TOO_LARGE = {"error": {"code": "body_too_large", "message": f"Lambda takes at most {MAX_PAYLOAD_BYTES:,} bytes"}}


@contextmanager
def front(function: Function, port: int = 0) -> Iterator[str]:
    """Serve a function on localhost while the context lasts.

    Args:
        function: is invoked once for each request; requests that come together queue.
        port: 0 takes a free one.

    Yields:
        The base URL.

    Raises:
        LocalError: if the port is taken or not allowed.
    """
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), type("Handler", (_Handler,), {"function": function}))
    except (OSError, OverflowError) as error:
        raise LocalError(f"port {port} can't be used: {error}; choose another with PORT=") from None
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    function: Function
    protocol_version = "HTTP/1.1"

    def _any(self) -> None:
        length = self.headers.get("Content-Length") or "0"
        if "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdigit()):
            self.close_connection = True  # where the body ends is not known, nor where the next request begins
            return self._send(411, {"Content-Type": "application/json"}, json.dumps(_NO_LENGTH).encode())
        size = int(length)
        body = self._read(size)
        if size > MAX_PAYLOAD_BYTES:
            return self._send(413, {"Content-Type": "application/json"}, json.dumps(_TOO_LARGE).encode())
        try:
            reply = self.function.invoke(api_event(self.command, self.path, dict(self.headers), body))
        except LocalError as error:
            self.log_error("%s", error)
            reply = None
        if not isinstance(reply, dict) or "statusCode" not in reply:
            return self._send(502, {"Content-Type": "application/json"}, json.dumps(_FAILED).encode())
        return self._send(reply["statusCode"], _headers(reply), _body(reply))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD = _any  # noqa: N815

    def _read(self, size: int) -> bytes:
        """The body; of one over the limit the rest is read and dropped, so that the client hears the answer."""
        kept = self.rfile.read(min(size, MAX_PAYLOAD_BYTES))
        for begin in range(len(kept), size, 65_536):
            self.rfile.read(min(65_536, size - begin))
        return kept

    def _send(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
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
