"""A stand-in for Lambda's runtime API under SnapStart, which the emulator does not know.

Source: AWS, "Using the Lambda runtime API for custom runtimes"; awslambdaric's `restore_next`.
"""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_LIMIT_S = 60.0


class RuntimeApi:
    """Hands events to the processes that ask for one, and keeps what they answer.

    Args:
        num_copies: so many processes are given an event each before any may go on to the next.

    Attributes:
        address: host and port, for AWS_LAMBDA_RUNTIME_API.
        errors: what processes said that went wrong at their start, in a hook or with an event.
    """

    def __init__(self, num_copies: int) -> None:
        self.address = ""
        self.errors: list[Any] = []
        self._num_copies = num_copies
        self._events: queue.Queue[Mapping[str, Any]] = queue.Queue()
        self._replies: queue.Queue[Any] = queue.Queue()
        self._all_have_one = threading.Barrier(num_copies)
        self._num_given = 0
        self._lock = threading.Lock()

    def invoke_each(self, event: Mapping[str, Any]) -> list[Any]:
        """What each process answers to an event."""
        for _ in range(self._num_copies):
            self._events.put(event)
        return [self._replies.get(timeout=_LIMIT_S) for _ in range(self._num_copies)]

    def next_event(self) -> tuple[str, Mapping[str, Any]]:
        """A request id and the next event, as soon as there is one."""
        event = self._events.get()
        with self._lock:
            self._num_given += 1
            return f"request-{self._num_given}", event

    def take(self, path: str, content: Any) -> None:
        """Take what a process posts."""
        if path.endswith("/response"):
            self._all_have_one.wait(_LIMIT_S)
            self._replies.put(content)
        else:
            self.errors.append(content)
            for _ in range(self._num_copies):
                self._replies.put(content)


@contextmanager
def runtime_api(num_copies: int) -> Iterator[RuntimeApi]:
    """The API, served while the context lasts."""
    api = RuntimeApi(num_copies)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(api))
    server.daemon_threads = True
    api.address = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield api
    server.shutdown()
    server.server_close()
    thread.join()


def _handler(api: RuntimeApi) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            headers, content = {}, b""
            if self.path.endswith("/invocation/next"):
                id, event = api.next_event()
                content = json.dumps(event).encode()
                headers = {
                    "Lambda-Runtime-Aws-Request-Id": id,
                    "Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + 29_000),
                    "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:123456789012:function:cold-open",
                    "Content-Type": "application/json",
                }
            self._send(200, headers, content)

        def do_POST(self) -> None:
            api.take(self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._send(202, {}, b"")

        def _send(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *arguments: object) -> None:
            """Keep quiet."""

    return Handler
