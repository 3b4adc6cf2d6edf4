"""The Lambda runtime on this machine: awslambdaric behind the Runtime Interface Emulator that aws-sam-cli carries.

Source: AWS, "Using the Lambda runtime API" and the emulator's README (aws/aws-lambda-runtime-interface-emulator).
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol
from urllib.parse import urlsplit

from coldopen.errors import ColdOpenError
from local.context import TIMEOUT_S, LambdaContext

ROOT = Path(__file__).resolve().parent.parent
FUNCTION = ROOT / "lambda_fn"
SHIPPED_BUNDLE = ROOT / "models" / "seinfeld"
MEMORY_MB = 1769  # one vCPU
MAX_PAYLOAD_BYTES = 6_000_000  # Lambda's limit for a synchronous invocation; API Gateway answers 413 above it

_START_LIMIT_S = 10
_STOP_LIMIT_S = 5


class LocalError(ColdOpenError):
    """The local Lambda can't start or broke down."""


class PayloadTooLargeError(LocalError):
    """An event that Lambda would not take."""


class Function(Protocol):
    """Something that can be invoked as Lambda invokes a function."""

    def invoke(self, event: Mapping[str, Any]) -> Any:
        """Invoke with an event; returns what the handler returned, or Lambda's error object.

        Raises:
            PayloadTooLargeError: if the event has more than MAX_PAYLOAD_BYTES as JSON.
            LocalError: if there is no answer.
        """


def emulator() -> Path | None:
    """The Runtime Interface Emulator for this machine, if it has one."""
    program = Path(sys.prefix) / "bin" / "aws-lambda-rie"  # `make` puts it there, on Linux
    return program if program.is_file() else None


@contextmanager
def local_function(
    log: IO[bytes] | None = None, environment: Mapping[str, str] | None = None, layer: Path | None = None
) -> Iterator[Function]:
    """The function, running: behind the emulator where there is one, else in this process.

    Args:
        log: where the emulator and the function write; the terminal if None.
        environment: variables for the function beside this process's own.
        layer: a folder that holds python/, which goes before what is installed.

    Raises:
        LocalError: if the emulator does not start.
    """
    variables = {"MODEL_URI": str(SHIPPED_BUNDLE), **os.environ, **(environment or {})}
    if "://" not in variables["MODEL_URI"]:  # the function runs in another directory
        from coldopen.bundle.folder import bundle_folder  # brings torch, which a front by itself does without

        variables["MODEL_URI"] = str(bundle_folder(Path(variables["MODEL_URI"]).resolve()))
    if emulator() is None:
        yield _InProcess(variables)
        return
    variables["PYTHONPATH"] = os.pathsep.join([str(FUNCTION), *([str(layer / "python")] if layer else [])])
    with emulated([sys.executable], FUNCTION, variables, log) as function:
        yield function


@contextmanager
def emulated(
    python: Sequence[str], folder: Path, environment: Mapping[str, str], log: IO[bytes] | None
) -> Iterator[Function]:
    """The function app.handler of a folder behind the emulator, which starts it with the first event.

    Args:
        python: the interpreter and its options; awslambdaric and the function must be on its path.
        folder: where it runs.
        environment: all its variables; those that Lambda itself sets need not be among them.
        log: where the emulator and the function write; the terminal if None.

    Raises:
        LocalError: if the emulator does not run on this machine or does not start.
    """
    program = emulator()
    if program is None:
        raise LocalError("Lambda's Runtime Interface Emulator does not run on this machine")
    port = free_port()
    process = _start(program, port, python, folder, environment, log)
    try:
        function = EmulatedFunction(f"http://127.0.0.1:{port}")
        function.wait_until_up(process)
        yield function
    finally:
        _stop(process)


class EmulatedFunction:
    """A function behind an emulator, which takes one invocation at a time: others wait here.

    Args:
        url: where the emulator listens, such as http://localhost:9000.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._one_at_a_time = threading.Lock()

    def wait_until_up(self, process: subprocess.Popen[bytes] | None = None) -> None:
        """Return when the emulator listens.

        Args:
            process: the emulator, if it is a child of this process.

        Raises:
            LocalError: if it does not within ten seconds, or has ended.
        """
        address = urlsplit(self._url)
        begun = time.monotonic()
        while time.monotonic() - begun < _START_LIMIT_S and (process is None or process.poll() is None):
            try:
                socket.create_connection((address.hostname or "", address.port or 80), timeout=1).close()
                return
            except OSError:
                time.sleep(0.02)
        ended = "" if process is None else f" (exit code {process.poll()}); its log says why"
        raise LocalError(f"the emulator does not answer at {self._url}{ended}")

    def invoke(self, event: Mapping[str, Any]) -> Any:
        """See `Function.invoke`."""
        payload = json.dumps(event, ensure_ascii=False).encode()
        if len(payload) > MAX_PAYLOAD_BYTES:
            raise PayloadTooLargeError(f"the event has {len(payload):,} bytes")
        url = f"{self._url}/2015-03-31/functions/function/invocations"
        request = urllib.request.Request(url, payload, {"Content-Type": "application/json"})
        with self._one_at_a_time:
            try:
                with urllib.request.urlopen(request, timeout=2 * TIMEOUT_S) as reply:
                    return json.loads(reply.read())
            except (OSError, ValueError) as error:
                raise LocalError(f"the emulator did not answer: {error}") from None


def _start(
    program: Path,
    port: int,
    python: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    log: IO[bytes] | None,
) -> subprocess.Popen[bytes]:
    command = [
        str(program),
        "--runtime-interface-emulator-address", f"127.0.0.1:{port}",
        "--runtime-api-address", f"127.0.0.1:{free_port()}",
        "--log-level", "warn",
        *python, "-m", "awslambdaric", "app.handler",
    ]  # fmt: skip
    lambda_variables = {
        "LAMBDA_TASK_ROOT": str(folder),
        "AWS_LAMBDA_FUNCTION_NAME": "cold-open",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(TIMEOUT_S),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(MEMORY_MB),
    }
    return subprocess.Popen(
        command, cwd=folder, env={**lambda_variables, **environment},
        stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        start_new_session=True,  # so that it can be stopped together with the function's process
    )  # fmt: skip


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(_STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


class _InProcess:
    """The handler called directly, where no emulator runs (macOS)."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        os.environ.update(variables)
        sys.path.insert(0, str(FUNCTION))
        self._handler = importlib.import_module("app").handler
        self._one_at_a_time = threading.Lock()

    def invoke(self, event: Mapping[str, Any]) -> Any:
        with self._one_at_a_time:
            return self._handler(dict(event), LambdaContext())


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
