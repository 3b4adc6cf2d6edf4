"""AWS as a batch needs it: moto's S3 and Step Functions, whose interpreter runs the definition, and Lambda.

moto calls all services at one address. Lambda's Invoke (AWS, Lambda API Reference) is answered there by the real
handler under the emulator, all else by moto.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from local.runtime import FUNCTION, Function, LocalError, emulated
from tests.template.stack import stack
from training.batch.run import Deployment

_WITH_ID = 'echo $$ > "$0"; exec "$@"'  # a shell's: what it ends as keeps its process id


class Fault(NamedTuple):
    """What Lambda answers in a reply's place.

    Attributes:
        status: HTTP's.
        error: the type of the error: of the service's where the status says so, else of the function's.
        message: in words.
    """

    status: int
    error: str
    message: str


THROTTLED = Fault(429, "TooManyRequestsException", "Rate Exceeded.")
TIMED_OUT = Fault(200, "Sandbox.Timedout", "RequestId: 1 Error: Task timed out after 29.00 seconds")

Faults = Callable[[dict[str, Any]], Fault | None]
"""Told of each event; says what goes wrong, if anything does."""


class Cloud:
    """An account with S3, Step Functions and one function.

    Args:
        function: what Lambda invokes.
    """

    def __init__(self, function: Function) -> None:
        self.function = function
        self.faults: Faults = lambda event: None
        self.invoked: list[str] = []
        """The names by which the function was invoked, so far."""
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answer a request, as WSGI has it."""
        path = environ["PATH_INFO"]
        if not path.startswith("/2015-03-31/functions/"):
            return self._moto(environ, start_response)
        event = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        self.invoked.append(path.split("/")[3])
        status, headers, content = self._invoke(event)
        request_id = f"request-{len(self.invoked)}"
        start_response(status, [*headers, ("x-amzn-RequestId", request_id), ("Content-Length", str(len(content)))])
        return [content]

    def _invoke(self, event: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
        fault = self.faults(event)
        if fault and fault.status != 200:
            content = json.dumps({"Type": "User", "Message": fault.message}).encode()
            return f"{fault.status} Refused", [("X-Amzn-ErrorType", fault.error)], content
        try:
            reply = self.function.invoke(event) if fault is None else _error(fault.error, fault.message)
        except LocalError as error:  # the process was ended: so does Lambda tell it
            reply = _error("Runtime.ExitError", f"RequestId: 1 Error: Runtime exited: {error}")
        failed = isinstance(reply, dict) and "errorType" in reply
        return "200 OK", [("X-Amz-Function-Error", "Unhandled")] if failed else [], json.dumps(reply).encode()


@contextmanager
def served(cloud: Cloud) -> Iterator[str]:
    """Serve while the context lasts; yields the address. moto's interpreter is on."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, cloud, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    _tell_moto(url, "config", {"stepfunctions": {"execute_state_machine": True}})
    try:
        yield url
    finally:
        _tell_moto(url, "config", {"stepfunctions": {"execute_state_machine": False}})  # it is the whole process's
        _tell_moto(url, "reset", {})
        server.shutdown()
        thread.join()


def _tell_moto(url: str, what: str, content: dict[str, Any]) -> None:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/moto-api/{what}", json.dumps(content).encode(), headers, method="POST")
    urllib.request.urlopen(request).close()


def deployment(place: str, concurrency: int) -> Deployment:
    """Make the template's state machine; returns what the stack would tell of it. AWS_ENDPOINT_URL says where."""
    made = stack(BatchPlace=place, BatchConcurrency=str(concurrency))
    text = made.only("AWS::StepFunctions::StateMachine")["DefinitionString"]
    function = "arn:aws:lambda:us-east-1:123456789012:function:cold-open:live"
    definition = text.replace("${Writer}", function).replace("${AWS::Partition}", "aws")
    role = "arn:aws:iam::123456789012:role/batches"
    client = boto3.client("stepfunctions")
    arn = client.create_state_machine(name="cold-open-batches", definition=definition, roleArn=role)["stateMachineArn"]
    return Deployment(arn, "cold-open", place)


class Mortal:
    """The function behind the emulator, whose process can be killed while it works.

    Args:
        function: as `local.runtime.emulated` gives it.
        process_id: the file that its process has written its id into.
    """

    def __init__(self, function: Function, process_id: Path) -> None:
        self._function, self._process_id = function, process_id

    def invoke(self, event: Any) -> Any:
        """See `local.runtime.Function.invoke`."""
        return self._function.invoke(event)

    def kill_soon(self) -> None:
        """Kill its process a moment from now."""

        def kill() -> None:
            time.sleep(0.02)
            os.kill(int(self._process_id.read_text()), signal.SIGKILL)

        threading.Thread(target=kill).start()


@contextmanager
def mortal(folder: Path, model: Path) -> Iterator[Mortal]:
    """The real handler behind the real emulator, with a bundle; see `Mortal`."""
    process_id = folder / "process-id"
    python = ["/bin/sh", "-c", _WITH_ID, str(process_id), sys.executable]
    variables = {**os.environ, "MODEL_URI": str(model), "PYTHONPATH": str(FUNCTION)}
    with (folder / "log").open("wb") as log, emulated(python, FUNCTION, variables, log) as function:
        yield Mortal(function, process_id)


def _error(kind: str, message: str) -> dict[str, Any]:
    return {"errorType": kind, "errorMessage": message}
