"""A bundle in an S3 that is slow, breaks off or refuses: the load ends by its deadline, says why, and works again."""

from __future__ import annotations

import gc
import socket
import sys
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from coldopen.bundle.manifest import COPIES, MANIFEST, SERVING, VOCABULARY
from coldopen.bundle.read import read_bundle
from coldopen.errors import BundleError, ModelUnavailableError
from tests.conftest import aws_settings
from tests.faulty_s3 import (
    Fault,
    FaultyS3,
    Reply,
    another,
    cut,
    dripping,
    dripping_headers,
    refused,
    silent,
    silent_midway,
    slow,
    soon,
)

LIMIT_S = 1.0
LEEWAY_S = 1.5  # for a busy machine
LATE = r"can't be read from S3: it took longer than the \d\.\d s that there were for all files"


def nobody_reads() -> bool:
    return all(thread.name != "read from S3" for thread in threading.enumerate())


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        (slow(20), MANIFEST),
        (silent, MANIFEST),
        (silent_midway, SERVING),
        (dripping(), SERVING),
        (dripping_headers(), SERVING),
    ],
    ids=["slow", "silent", "silent midway", "dripping", "dripping headers"],
)
def test_a_load_ends_by_its_deadline(failing_s3: FaultyS3, fault: Fault, name: str) -> None:
    failing_s3.fault, failing_s3.hits = fault, {name}
    begun = time.monotonic()
    with pytest.raises(ModelUnavailableError, match=f"^{failing_s3.uri}[a-z_.]+ {LATE}$"):
        read_bundle(failing_s3.uri, begun + LIMIT_S)
    assert time.monotonic() - begun < LIMIT_S + LEEWAY_S
    failing_s3.fault = None
    assert read_bundle(failing_s3.uri, time.monotonic() + 5).manifest.name == "diner"


def test_the_deadline_is_that_of_all_files_together(failing_s3: FaultyS3) -> None:
    failing_s3.fault = slow(LIMIT_S * 0.6)
    with pytest.raises(ModelUnavailableError, match=LATE):
        read_bundle(failing_s3.uri, time.monotonic() + LIMIT_S)
    assert len(failing_s3.asked) <= 2


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a full queue refuses")
def test_a_host_whose_many_addresses_do_not_answer_is_given_up_by_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    look_up = socket.getaddrinfo
    monkeypatch.setattr("socket.getaddrinfo", lambda *asked, **more: look_up(*asked, **more) * 8)  # S3 has as many
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as held:
        for _ in range(4):
            waiting = held.enter_context(socket.socket())
            waiting.setblocking(False)
            with suppress(BlockingIOError):
                waiting.connect(full.getsockname())
        for name, value in aws_settings(f"http://127.0.0.1:{full.getsockname()[1]}").items():
            monkeypatch.setenv(name, value)
        begun = time.monotonic()
        with pytest.raises(ModelUnavailableError, match=LATE):
            read_bundle("s3://scripts/tv/0123456789ab/", begun + 2 * LIMIT_S)
        assert time.monotonic() - begun < 2 * LIMIT_S + LEEWAY_S


def test_a_name_that_is_not_looked_up_in_time_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in aws_settings("http://s3.invalid").items():
        monkeypatch.setenv(name, value)
    over = threading.Event()
    monkeypatch.setattr(
        "socket.getaddrinfo", lambda *_, **__: over.wait(20)
    )  # in place of a name server that is silent
    with pytest.raises(ModelUnavailableError, match=LATE):
        read_bundle("s3://scripts/tv/0123456789ab/", time.monotonic() + LIMIT_S)
    over.set()


def test_a_deadline_that_has_passed_reads_nothing(failing_s3: FaultyS3) -> None:
    with pytest.raises(ModelUnavailableError, match="it took longer than"):
        read_bundle(failing_s3.uri, time.monotonic() - 1)
    assert soon(nobody_reads)


@pytest.mark.parametrize("fault", [dripping(), silent_midway], ids=["dripping", "silent midway"])
def test_what_drips_in_too_late_is_not_waited_for_any_more(failing_s3: FaultyS3, fault: Fault) -> None:
    failing_s3.fault = fault
    with pytest.raises(ModelUnavailableError, match=LATE):
        read_bundle(failing_s3.uri, time.monotonic() + LIMIT_S)
    assert soon(nobody_reads)


def test_a_file_that_begins_too_late_is_hung_up_on(failing_s3: FaultyS3) -> None:
    failing_s3.fault = slow(LIMIT_S + 0.5)
    with pytest.raises(ModelUnavailableError, match=LATE):
        read_bundle(failing_s3.uri, time.monotonic() + LIMIT_S)
    assert soon(nobody_reads)


def test_copies_have_a_deadline_too(failing_s3: FaultyS3, full_files: dict[str, bytes]) -> None:
    bundle = read_bundle(failing_s3.uri)
    failing_s3.fault = dripping()
    begun = time.monotonic()
    with pytest.raises(ModelUnavailableError, match=f"^{failing_s3.uri}{COPIES} {LATE}$"):
        bundle.copies(begun + LIMIT_S)
    assert time.monotonic() - begun < LIMIT_S + LEEWAY_S
    failing_s3.fault = None
    copies = bundle.copies(time.monotonic() + 5)
    assert copies is not None
    assert copies.to_bytes() == full_files[COPIES]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (refused(403, "AccessDenied"), "the function's role may not read it"),
        (refused(400, "ExpiredToken"), "the credentials have expired"),
        (refused(404, "NoSuchBucket"), "there is no such bucket"),
        (refused(400, "KMS.DisabledException"), "KMS.DisabledException"),
        (silent_midway, "it sent nothing for 3 s"),
        (cut, r"the connection ended after \d+ of \d+ bytes"),
    ],
)
def test_a_refusal_says_why(failing_s3: FaultyS3, fault: Fault, message: str) -> None:
    failing_s3.fault = fault
    with pytest.raises(ModelUnavailableError, match=f"{failing_s3.uri}{MANIFEST} can't be read from S3: {message}"):
        read_bundle(failing_s3.uri)


def test_an_error_that_passes_is_passed_over(failing_s3: FaultyS3) -> None:
    def once(reply: Reply, data: bytes, over: threading.Event) -> None:
        failing_s3.fault = None
        refused(503, "SlowDown")(reply, data, over)

    failing_s3.fault = once
    assert read_bundle(failing_s3.uri).manifest.name == "diner"
    assert failing_s3.asked.count(MANIFEST) == 2


def test_another_object_in_a_file_s_place_is_noticed(failing_s3: FaultyS3) -> None:
    failing_s3.fault, failing_s3.hits = another, {SERVING}
    with pytest.raises(BundleError, match=f"{SERVING} was changed after it was published"):
        read_bundle(failing_s3.uri)
    failing_s3.files[SERVING], failing_s3.fault = b"", None
    with pytest.raises(BundleError, match=f"{SERVING} is not whole: the manifest says .* bytes, there are only 0"):
        read_bundle(failing_s3.uri)


def test_an_object_that_changes_between_two_reads_is_noticed(failing_s3: FaultyS3) -> None:
    old = failing_s3.files[VOCABULARY]

    def publish_another(reply: Reply, data: bytes, over: threading.Event) -> None:
        failing_s3.files[VOCABULARY] = old.replace(b"soup", b"stew")
        reply.begin(len(data))
        reply.wfile.write(data)

    failing_s3.fault, failing_s3.hits = publish_another, {MANIFEST}
    with pytest.raises(BundleError, match=f"{VOCABULARY} was changed after it was published"):
        read_bundle(failing_s3.uri)
    failing_s3.files[VOCABULARY], failing_s3.fault = old, None
    assert read_bundle(failing_s3.uri).manifest.name == "diner"


def test_each_load_asks_for_the_credentials_anew(
    failing_s3: FaultyS3, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    file = tmp_path / "credentials"
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    with pytest.raises(ModelUnavailableError, match="can't be read from S3: Unable to locate credentials"):
        read_bundle(failing_s3.uri)
    file.write_text("[default]\naws_access_key_id = key\naws_secret_access_key = secret\n")
    assert read_bundle(failing_s3.uri).manifest.name == "diner"


def test_no_connection_is_left_open(failing_s3: FaultyS3) -> None:
    gc.disable()  # as INIT does
    try:
        assert read_bundle(failing_s3.uri).copies() is not None
        assert soon(lambda: not failing_s3.connections)
    finally:
        gc.enable()
