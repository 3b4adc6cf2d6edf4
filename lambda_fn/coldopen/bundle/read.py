"""Reading a bundle from a directory or from S3."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from coldopen.bundle.content import Bundle, bundle_of
from coldopen.bundle.manifest import COPIES, MANIFEST, Manifest, version_of
from coldopen.errors import BundleError, ModelUnavailableError

_MAX_MANIFEST_BYTES = 1_000_000
_FORM = "s3://bucket/prefix/version/"

Read = Callable[[str, int], bytes]
"""Reads the named file of a bundle, up to so many bytes and one more."""


def read_bundle(uri: str) -> Bundle:
    """Read and check the bundle at a directory or at `s3://bucket/prefix/version/`, its copies when they are asked for.

    Raises:
        BundleError: naming the file and the fault, if anything is missing, altered or unusable.
        ModelUnavailableError: if the place can't be read (no such directory, bucket or permission; S3 not reached).
    """
    where = uri.rstrip("/")
    read = _reader(uri)
    manifest_bytes, manifest = _manifest(read, where)
    names = [name for name in manifest.files if name != COPIES]
    files = {name: _checked(read, name, manifest, where) for name in names}
    return bundle_of({**files, MANIFEST: manifest_bytes}, where, partial(_checked, read, COPIES, manifest, where))


def read_files(uri: str) -> dict[str, bytes]:
    """All files of a bundle, manifest last, each of the size and digest that the manifest says.

    Raises as `read_bundle` does.
    """
    where = uri.rstrip("/")
    read = _reader(uri)
    manifest_bytes, manifest = _manifest(read, where)
    return {**{name: _checked(read, name, manifest, where) for name in manifest.files}, MANIFEST: manifest_bytes}


def _manifest(read: Read, where: str) -> tuple[bytes, Manifest]:
    """The manifest's bytes, and what they say.

    Raises:
        BundleError: if it is no manifest, or in S3 another version's than the place is named after.
    """
    data = read(MANIFEST, _MAX_MANIFEST_BYTES)
    manifest = Manifest.from_bytes(data, where)
    named = where.rpartition("/")[2]
    if where.startswith("s3://") and version_of(data) != named:
        raise BundleError(
            f"{where} should hold version {named}, and its {MANIFEST} is that of {version_of(data)}: it was changed "
            "after it was published. Publish the model again"
        )
    return data, manifest


def _checked(read: Read, name: str, manifest: Manifest, where: str) -> bytes:
    """A file of the size and digest that the manifest expects."""
    expected = manifest.files[name]
    data = read(name, expected["size"])
    if len(data) != expected["size"]:
        found = "more" if len(data) > expected["size"] else f"only {len(data):,}"
        raise BundleError(
            f"{where}/{name} is not whole: the manifest says {expected['size']:,} bytes, there are {found}"
        )
    if hashlib.sha256(data).hexdigest() != expected["sha256"]:
        raise BundleError(f"{where}/{name} was changed after it was published: its sha256 is not the manifest's")
    return data


def _reader(uri: str) -> Read:
    if uri.startswith("s3://"):
        return _s3_reader(uri)
    if "://" in uri:
        raise BundleError(f"the model can't be read from {uri!r}; it should read {_FORM} or name a folder")
    return _directory_reader(Path(uri.rstrip("/")))


def _directory_reader(directory: Path) -> Read:
    if not directory.is_dir():
        raise ModelUnavailableError(f"there is no bundle at {directory}: no such directory")

    def read(name: str, limit: int) -> bytes:
        try:
            with (directory / name).open("rb") as file:
                return file.read(limit + 1)
        except FileNotFoundError:
            raise BundleError(f"{directory} is not a whole bundle: {name} is missing") from None
        except OSError as error:
            raise ModelUnavailableError(f"{directory / name} can't be read: {error.strerror}") from None

    return read


def _s3_reader(uri: str) -> Read:
    import boto3  # a third of a second that a bundle in the package need not pay
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    bucket, key = _split_s3_uri(uri)
    where = uri.rstrip("/")
    config = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 2})
    try:
        client = boto3.client("s3", config=config)
    except (BotoCoreError, ValueError) as error:  # an unknown AWS_PROFILE, an AWS_ENDPOINT_URL that is no URL
        raise ModelUnavailableError(f"{where} can't be read from S3: {error}") from None

    def read(name: str, limit: int) -> bytes:
        try:
            body = client.get_object(Bucket=bucket, Key=f"{key}/{name}")["Body"]
            data: bytes = body.read(limit + 1)
            return data
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "?")
            raise _s3_fault(code, where, name) from None
        except (BotoCoreError, OSError) as error:
            raise ModelUnavailableError(f"{where}/{name} can't be read from S3: {error}") from None

    return read


def _split_s3_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of `s3://bucket/key`; the key's last part is a version.

    Raises:
        BundleError: if the URI names no bucket or no version.
    """
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not bucket:
        raise BundleError(f"{uri!r} names no bucket; it should read {_FORM}")
    if not re.fullmatch("[0-9a-f]{12}", key.rstrip("/").rpartition("/")[2]):
        raise BundleError(f"{uri!r} does not end with a version, 12 digits of 0-9 and a-f; it should read {_FORM}")
    return bucket, key.strip("/")


def _s3_fault(code: str, where: str, name: str) -> BundleError | ModelUnavailableError:
    if code == "NoSuchKey":
        return BundleError(f"{where} is not a whole bundle: {name} is missing")
    reasons = {
        "NoSuchBucket": "there is no such bucket",
        "AccessDenied": "the function's role may not read it (or it does not exist)",
        "403": "the function's role may not read it",
    }
    return ModelUnavailableError(f"{where}/{name} can't be read from S3: {reasons.get(code, code)}")
