"""The real handler under Lambda's emulator, and an S3 that fails: what a caller sees, what is logged, and after it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from coldopen.bundle.manifest import MANIFEST, SERVING, VOCABULARY
from coldopen.bundle.read import read_files
from local.event import api_event
from local.runtime import Function, emulator, local_function
from tests.conftest import aws_settings
from tests.faulty_s3 import Fault, FaultyS3, another, cut, dripping, faulty_s3, refused

pytestmark = pytest.mark.skipif(emulator() is None, reason="Lambda's emulator runs on Linux")

RETRY_AFTER_S = 5
HEALTH = api_event("GET", "/health", {}, b"")


class Caller:
    """Asks the function, and reads its log."""

    def __init__(self, function: Function, log: Path) -> None:
        self._function = function
        self._log = log
        self.took_s = 0.0

    def ask(self) -> tuple[int, Any]:
        """Status and content of the reply."""
        begun = time.monotonic()
        reply = self._function.invoke(HEALTH)
        self.took_s = time.monotonic() - begun
        content = json.loads(reply["body"])
        if reply["statusCode"] == 503:
            assert reply["multiValueHeaders"]["Retry-After"] == [str(RETRY_AFTER_S)]
            assert content["error"] == {
                "code": "model_unavailable",
                "message": "the model can't be loaded at the moment; try again in a few seconds",
            }
        return reply["statusCode"], content

    def reason(self) -> str:
        """What the log said last of a model that is not available."""
        lines = [json.loads(line) for line in self._log.read_text().splitlines() if line.startswith('{"level"')]
        reasons: list[str] = [line["reason"] for line in lines if line["message"] == "model not available"]
        return reasons[-1]

    def ask_again(self) -> tuple[int, Any]:
        """The same, when the function tries again; at once, if its last try did not take long."""
        answer = self.ask()
        while answer[0] == 503 and self.reason().startswith("not tried again so soon"):
            time.sleep(0.2)
            answer = self.ask()
        return answer


@contextmanager
def caller(s3: FaultyS3, folder: Path, **variables: str) -> Iterator[Caller]:
    """A function that has not started, and whose model lies there."""
    log = folder / "log"
    environment = {**aws_settings(s3.url), "MODEL_URI": s3.uri, **variables}
    with log.open("wb") as file, local_function(file, environment) as function:
        yield Caller(function, log)


@pytest.fixture
def s3(trained_run: Path) -> Iterator[FaultyS3]:
    with faulty_s3(read_files(str(trained_run / "bundle"))) as s3:
        yield s3


def test_each_fault_is_a_503_with_its_reason_in_the_log_and_the_same_process_recovers(
    s3: FaultyS3, tmp_path: Path
) -> None:
    files = dict(s3.files)
    faults: list[tuple[Fault | None, str, Callable[[], object], str]] = [
        (refused(403, "AccessDenied"), MANIFEST, lambda: None, "the function's role may not read it"),
        (refused(400, "ExpiredToken"), MANIFEST, lambda: None, "the credentials have expired"),
        (refused(404, "NoSuchBucket"), MANIFEST, lambda: None, "there is no such bucket"),
        (cut, SERVING, lambda: None, "the connection ended after"),
        (another, SERVING, lambda: None, f"{SERVING} was changed after it was published"),
        (None, "", lambda: s3.files.pop(MANIFEST), f"is not a whole bundle: {MANIFEST} is missing"),
        (None, "", lambda: s3.files.pop(VOCABULARY), f"is not a whole bundle: {VOCABULARY} is missing"),
    ]
    with caller(s3, tmp_path) as function:
        for fault, name, damage, reason in faults:
            s3.fault, s3.hits, s3.files = fault, {name}, dict(files)
            damage()
            assert function.ask_again()[0] == 503
            assert reason in function.reason()
        s3.fault, s3.files = None, files
        status, content = function.ask_again()
    assert (status, content["model"]["version"]) == (200, s3.uri.split("/")[-2])


def test_a_function_with_too_little_memory_says_so(s3: FaultyS3, tmp_path: Path) -> None:
    with caller(s3, tmp_path, AWS_LAMBDA_FUNCTION_MEMORY_SIZE="128") as function:
        assert function.ask()[0] == 503
        assert "MB of memory; the function has 128: give it more (MemorySize)" in function.reason()


@pytest.mark.slow
def test_while_s3_drips_the_start_ends_within_lambda_s_limit_and_requests_are_answered_at_once(
    s3: FaultyS3, tmp_path: Path
) -> None:
    s3.fault, s3.hits = dripping(1), {SERVING}
    with caller(s3, tmp_path) as function:
        assert function.ask()[0] == 503
        assert 8 <= function.took_s < 10
        assert function.ask()[0] == 503
        assert function.took_s < 1
        s3.fault = None
        assert function.ask_again()[0] == 200
