"""The stand-in over HTTP: AWS's query protocol in, XML out; and an API for the stacks that it pretends to have made."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from tests.deploy.aws_stand_in import CloudFormation
from tests.deploy.state import RefusedError


@contextmanager
def served(cloud: CloudFormation) -> Iterator[str]:
    """Serve it; gives its URL. Each stack's API is below /NAME."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.path != "/":
                self._api(json.loads(body))
                return
            request = dict(parse_qsl(body.decode(), keep_blank_values=True))
            action = request["Action"]
            try:
                result = _xml(cloud.answer(action, _nested(request)))
                self._send(200, f"<{action}Response><{action}Result>{result}</{action}Result></{action}Response>")
            except RefusedError as error:
                fault = f"<Type>Sender</Type><Code>{error.code}</Code><Message>{escape(str(error))}</Message>"
                self._send(error.status, f"<ErrorResponse><Error>{fault}</Error></ErrorResponse>")

        def do_GET(self) -> None:
            self._api(None)

        def _api(self, request: Any) -> None:
            """What the function would answer, as far as `deploy` asks it; its version is the address's last part."""
            if self.path.startswith("/apikeys/"):
                self._send(200, json.dumps({"id": "k1", "value": cloud.api_key}))
                return
            if cloud.api_key and self.headers["x-api-key"] != cloud.api_key:
                self._send(403, json.dumps({"error": {"code": "forbidden"}}))
                return
            path = self.path.removeprefix("/v1")
            model = {"name": "tuned", "version": cloud.served_version()}
            replies = {
                "/health": {"status": "ok", "model": model},
                "/vocabulary": {"words": ["marla:", "soup"]},
                "/generate": {"script": "MARLA\nSoup.", "length": 2, "timing": {"generate_ms": 1.5}, "asked": request},
            }
            self._send(200, json.dumps(replies[path]))

        def _send(self, status: int, text: str) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def _nested(request: dict[str, str]) -> dict[str, Any]:
    """`Parameters.member.1.ParameterKey=...` as lists and dicts."""
    result: dict[str, Any] = {}
    members: dict[str, dict[int, Any]] = {}
    for key, value in request.items():
        match = re.fullmatch(r"(\w+)\.member\.(\d+)(?:\.(\w+))?", key)
        if match is None:
            result[key] = value
        elif match[3] is None:
            members.setdefault(match[1], {})[int(match[2])] = value
        else:
            members.setdefault(match[1], {}).setdefault(int(match[2]), {})[match[3]] = value
    return {**result, **{name: [items[number] for number in sorted(items)] for name, items in members.items()}}


def _xml(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(f"<{key}>{_xml(item)}</{key}>" for key, item in value.items())
    if isinstance(value, list):
        return "".join(f"<member>{_xml(item)}</member>" for item in value)
    return escape(str(value))
