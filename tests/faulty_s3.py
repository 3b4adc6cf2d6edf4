"""S3 as far as reading an object goes, over HTTP, which fails as it is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from xml.sax.saxutils import escape

from coldopen.bundle.manifest import MANIFEST, version_of

_ERROR = "<?xml version='1.0'?><Error><Code>{}</Code><Message>{}</Message></Error>"


class FaultyS3:
    """Serves one bundle.

    Attributes:
        url: where it listens, for AWS_ENDPOINT_URL.
        uri: of the bundle.
        files: the bundle's, by name; one that is not there is NoSuchKey.
        fault: answers in place of sending a file; None sends it. Replies that are under way go on as they were.
        hits: the files that the fault hits, by their names; all if it is empty.
        asked: the names of the files that were asked for.
        connections: those that are open.
        over: set when the server ends.
    """

    def __init__(self, url: str, files: Mapping[str, bytes]) -> None:
        self.url = url
        self.uri = f"s3://scripts/tv/{version_of(files[MANIFEST])}/"
        self.files = dict(files)
        self.hits: set[str] = set()
        self.asked: list[str] = []
        self.connections: set[Reply] = set()
        self.over = threading.Event()
        self.fault: Fault | None = None

    def answer(self, reply: Reply) -> None:
        """Answer a request for a file."""
        name = reply.path.partition("?")[0].rpartition("/")[2]
        self.asked.append(name)
        if self.fault and (name in self.hits or not self.hits):
            self.fault(reply, self.files.get(name, b""), self.over)
        elif name in self.files:
            reply.begin(len(self.files[name]))
            reply.wfile.write(self.files[name])
        else:
            refused(404, "NoSuchKey")(reply, b"", self.over)


class Reply(BaseHTTPRequestHandler):
    """A connection, and what is sent through it."""

    s3: FaultyS3
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """The server asks for it by this name."""
        self.s3.answer(self)

    def begin(self, length: int, status: int = 200) -> None:
        """Send status and headers."""
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def setup(self) -> None:
        """The connection begins."""
        super().setup()
        self.s3.connections.add(self)

    def finish(self) -> None:
        """The connection has ended."""
        self.s3.connections.discard(self)
        super().finish()

    def log_message(self, form: str, *arguments: object) -> None:
        """Keep quiet."""


Fault = Callable[[Reply, bytes, threading.Event], None]
"""Answers a request for these bytes; does not wait beyond the event, which is set when the server ends."""


def refused(status: int, code: str) -> Fault:
    """An error of S3's."""

    def fault(reply: Reply, data: bytes, over: threading.Event) -> None:
        body = _ERROR.format(escape(code), "no").encode()
        reply.begin(len(body), status)
        reply.wfile.write(body)

    return fault


def slow(seconds: float) -> Fault:
    """The whole file, but so much later."""

    def fault(reply: Reply, data: bytes, over: threading.Event) -> None:
        over.wait(seconds)
        reply.begin(len(data))
        reply.wfile.write(data)

    return fault


def silent(reply: Reply, data: bytes, over: threading.Event) -> None:
    """Nothing at all."""
    over.wait()


def silent_midway(reply: Reply, data: bytes, over: threading.Event) -> None:
    """Half a file, and nothing more."""
    reply.begin(len(data))
    reply.wfile.write(data[: len(data) // 2])
    over.wait()


def dripping(pause_s: float = 0.05) -> Fault:
    """A byte, a pause, and so on."""

    def fault(reply: Reply, data: bytes, over: threading.Event) -> None:
        reply.begin(len(data))
        for index in range(len(data)):
            reply.wfile.write(data[index : index + 1])
            if over.wait(pause_s):
                break

    return fault


def dripping_headers(pause_s: float = 0.05) -> Fault:
    """A header, a pause, and so on, sixty times, before the file."""

    def fault(reply: Reply, data: bytes, over: threading.Event) -> None:
        reply.send_response(200)
        for index in range(60):
            reply.send_header(f"x-{index}", "drip")
            reply.flush_headers()
            if over.wait(pause_s):
                return
        reply.send_header("Content-Length", str(len(data)))
        reply.end_headers()
        reply.wfile.write(data)

    return fault


def cut(reply: Reply, data: bytes, over: threading.Event) -> None:
    """Half a file, then the connection ends."""
    reply.begin(len(data))
    reply.wfile.write(data[: len(data) // 2])
    reply.close_connection = True


def another(reply: Reply, data: bytes, over: threading.Event) -> None:
    """As many bytes of something else."""
    reply.begin(len(data))
    reply.wfile.write(bytes(len(data)))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what the tests are about."""


@contextmanager
def faulty_s3(files: Mapping[str, bytes]) -> Iterator[FaultyS3]:
    """Serve a bundle's files on localhost while the context lasts."""
    handler = type("Handler", (Reply,), {})
    server = _Server(("127.0.0.1", 0), handler)
    s3 = FaultyS3(f"http://127.0.0.1:{server.server_port}", files)
    handler.s3 = s3  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield s3
    finally:
        s3.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def soon(is_so: Callable[[], bool], limit_s: float = 3) -> bool:
    """Whether something is so within a time."""
    end = time.monotonic() + limit_s
    while not is_so():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
