"""Publishing that is killed, and two that publish at once: nothing is ever taken for a release that is none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from coldopen.bundle.manifest import MANIFEST
from coldopen.bundle.read import read_bundle
from coldopen.errors import BundleError
from local.runtime import ROOT

Training = Callable[..., subprocess.CompletedProcess[str]]


class Gate(ThreadingHTTPServer):
    """Stands before S3: passes requests on, and kills a process instead of passing on the one numbered `fatal`."""

    def __init__(self, upstream: str, fatal: int) -> None:
        super().__init__(("127.0.0.1", 0), GateHandler)
        self.upstream, self.fatal = upstream, fatal
        self.requests: list[str] = []
        self.victim: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class GateHandler(BaseHTTPRequestHandler):
    server: Gate
    protocol_version = "HTTP/1.1"

    def pass_on(self) -> None:
        self.server.requests.append(f"{self.command} {self.path.rpartition('/')[2]}")
        if len(self.server.requests) == self.server.fatal and self.server.victim:
            self.server.victim.kill()  # SIGKILL
            return
        if self.headers.get("Expect"):
            self.send_response_only(100)
            self.end_headers()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in self.headers.items() if name not in ("Host", "Expect")}
        reply = requests.request(self.command, self.server.upstream + self.path, data=body, headers=headers, timeout=30)
        self.send_response_only(reply.status_code)
        for name, value in reply.headers.items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", reply.headers.get("Content-Length", str(len(reply.content))))
        self.end_headers()
        self.wfile.write(reply.content)

    do_GET = do_HEAD = do_PUT = pass_on  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        pass


def publish_through_gate(gate: Gate, folder: Path, prefix: str) -> int:
    """A process of its own publishes; returns its exit code."""
    command = [sys.executable, "-m", "training", "publish", "--model", str(folder)]
    variables = {**os.environ, "AWS_ENDPOINT_URL": gate.url}
    gate.victim = subprocess.Popen(
        [*command, "--bucket", "scripts", "--prefix", prefix],
        cwd=ROOT,
        env=variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    return gate.victim.wait(timeout=200)


@contextmanager
def gate_before(url: str, fatal: int) -> Iterator[Gate]:
    gate = Gate(url, fatal)
    thread = threading.Thread(target=gate.serve_forever)
    thread.start()
    yield gate
    gate.shutdown()
    thread.join()
    gate.server_close()


@pytest.mark.slow
def test_publish_killed_before_any_request_leaves_no_release_and_the_next_one_makes_it_whole(
    bucket: Any, s3: str, untrained_folder: Path, training: Training
) -> None:
    version = read_bundle(str(untrained_folder)).version
    with gate_before(s3, fatal=0) as gate:
        assert publish_through_gate(gate, untrained_folder, "unharmed") == 0
        steps = len(gate.requests)
    assert [step for step in gate.requests if step.startswith("PUT")][-1] == f"PUT {MANIFEST}"
    for fatal in range(1, steps + 1):
        prefix = f"killed-{fatal}"
        with gate_before(s3, fatal) as gate:
            assert publish_through_gate(gate, untrained_folder, prefix) == -signal.SIGKILL
        with pytest.raises(BundleError):
            read_bundle(f"s3://scripts/{prefix}/{version}/")
        told = training("list", "--bucket", "scripts", "--prefix", prefix).stdout
        assert "half published" in told or "no releases" in told
        again = training("publish", "--model", untrained_folder, "--bucket", "scripts", "--prefix", prefix)
        assert "\npublished: " in again.stdout
        assert read_bundle(f"s3://scripts/{prefix}/{version}/").version == version


@pytest.mark.slow
def test_two_that_publish_at_once_leave_one_whole_release(bucket: Any, s3: str, untrained_folder: Path) -> None:
    command = [sys.executable, "-m", "training", "publish", "--model", str(untrained_folder), "--bucket", "scripts"]
    both = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [process.communicate(timeout=200)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    version = read_bundle(str(untrained_folder)).version
    assert all(f"published: s3://scripts/cold-open/{version}/" in out or "already published" in out for out in outputs)
    assert read_bundle(f"s3://scripts/cold-open/{version}/").version == version
    assert bucket.list_objects_v2(Bucket="scripts")["KeyCount"] == 4
