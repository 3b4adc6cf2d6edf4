"""A bundle's files in S3, all of them by one deadline."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

import boto3  # with all that it needs a third of a second, which a bundle in the package need not pay
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from coldopen.errors import BundleError, ModelUnavailableError

if TYPE_CHECKING:
    from coldopen.bundle.read import Read

# Long for S3 in the same region, and short enough for two attempts at a silent server within INIT.
_SILENCE_S = 3
_CONFIG = Config(connect_timeout=1, read_timeout=_SILENCE_S, retries={"total_max_attempts": 2})

_REASONS = {
    "NoSuchBucket": "there is no such bucket",
    "AccessDenied": "the function's role may not read it (or it does not exist)",
    "403": "the function's role may not read it",
    "ExpiredToken": "the credentials have expired",
}

T = TypeVar("T")


@contextmanager
def s3_files(bucket: str, key: str, deadline: float) -> Iterator[Read]:
    """The files below a key of a bucket; no connection and no credentials are kept.

    Args:
        deadline: on `time.monotonic()`'s clock, in seconds, for all files together.

    Yields:
        What reads a file. It raises BundleError if the file is missing, and ModelUnavailableError if S3 refuses, can't
        be reached, or has not sent it whole by the deadline.
    """
    files = _Files(bucket, key, deadline)
    try:
        yield files.read
    finally:
        files.close()


class _Files:
    """Each file is read in a thread, which is left alone when time is up.

    A deadline can't be made of the SDK's time-outs: each address of a host has one, each attempt, and each byte that
    drips in; looking up a name has none. So what reads is not what watches the clock.
    """

    def __init__(self, bucket: str, key: str, deadline: float) -> None:
        self._bucket, self._key = bucket, key
        self._begun, self._deadline = time.monotonic(), deadline
        self._client: Any = None
        self._socket: socket.socket | None = None  # what the file comes through that is being read

    def read(self, name: str, limit: int) -> bytes:
        try:
            return _in_time(self._deadline, lambda: self._get(name, limit))
        except _LateError:
            self._hang_up()
            limit_s = max(0.0, self._deadline - self._begun)
            reason = f"it took longer than the {limit_s:.1f} s that there were for all files"
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "?")
            if code == "NoSuchKey":
                raise BundleError(f"s3://{self._bucket}/{self._key} is not a whole bundle: {name} is missing") from None
            reason = _REASONS.get(code, code)
        except ReadTimeoutError:
            reason = f"it sent nothing for {_SILENCE_S} s"
        except (BotoCoreError, OSError, ValueError) as error:  # ValueError: an AWS_ENDPOINT_URL that is no URL
            reason = str(error)
        raise ModelUnavailableError(f"s3://{self._bucket}/{self._key}/{name} can't be read from S3: {reason}")

    def close(self) -> None:
        if self._client is not None:
            self._client.close()

    def _get(self, name: str, limit: int) -> bytes:
        if self._client is None:  # in a session of its own: the default one keeps its credentials
            self._client = boto3.Session().client("s3", config=_CONFIG)
        reply = self._client.get_object(Bucket=self._bucket, Key=f"{self._key}/{name}")
        length = reply.get("ContentLength", limit + 1)
        with reply["Body"] as stream:
            if not length:
                return b""
            with socket.socket(fileno=os.dup(stream.fileno())) as self._socket:
                if time.monotonic() >= self._deadline:
                    raise _LateError  # nobody waits, and nobody would hang up
                data: bytes = reply["Body"].read(limit + 1)
        if len(data) < min(length, limit + 1):
            raise OSError(f"the connection ended after {len(data):,} of {length:,} bytes")
        return data

    def _hang_up(self) -> None:
        """End the thread that waits for a file which drips in."""
        if self._socket is not None:
            with suppress(OSError):  # it has just ended by itself
                self._socket.shutdown(socket.SHUT_RDWR)


class _LateError(Exception):
    """The deadline has passed."""


def _in_time(deadline: float, work: Callable[[], T]) -> T:
    """What `work` returns or raises in a thread of its own.

    Raises:
        _LateError: at the deadline, if it still works.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except Exception as error:
            future.set_exception(error)

    threading.Thread(target=run, name="read from S3", daemon=True).start()
    wait([future], min(max(0.0, deadline - time.monotonic()), threading.TIMEOUT_MAX))
    if not future.done():
        raise _LateError
    return future.result()
