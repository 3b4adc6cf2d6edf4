"""Reading a bundle from a directory or from S3."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from coldopen.bundle.content import Bundle, bundle_of, late_names
from coldopen.bundle.manifest import MANIFEST, Manifest, version_of
from coldopen.errors import BundleError, ModelUnavailableError

_MAX_MANIFEST_BYTES = 1_000_000
# Peaks of the process (VmHWM) with the layer on x86_64: 142 and 344 MB for 11 and 112 MiB with serving weights,
# 242 and 634 for 18 and 204 without. A file and the tensors in it are there at once, and what is made of them.
_MEMORY_MB = 200
_MEMORY_PER_BYTE = 2.3
_FORM = "s3://bucket/prefix/version/"

Read = Callable[[str, int], bytes]
"""Reads the named file of a bundle, up to so many bytes and one more."""


def read_bundle(uri: str, deadline: float = math.inf, memory_mb: int | None = None) -> Bundle:
    """Read and check the bundle at a directory or at `s3://bucket/prefix/version/`.

    What only some requests need is read when it is asked for.

    Args:
        deadline: on `time.monotonic()`'s clock, in seconds; what S3 has not sent by then, it sends too late.
        memory_mb: what this process may use, in MiB; None if there is no limit.

    Raises:
        BundleError: naming the file and the fault, if anything is missing, altered, unusable or too large.
        ModelUnavailableError: if the place can't be read (no such directory, bucket or permission; S3 not reached, or
            too slow).
    """
    where = uri.rstrip("/")
    with _files(uri, deadline) as read:
        manifest_bytes, manifest = read_manifest(read, where)
        names = manifest.files.keys() - late_names(manifest)
        _check_memory(manifest, names, memory_mb, where)
        files = {name: _checked(read, name, manifest, where) for name in sorted(names)}

    def read_late(name: str, deadline: float) -> bytes:
        with _files(uri, deadline) as read:
            return _checked(read, name, manifest, where)

    return bundle_of({**files, MANIFEST: manifest_bytes}, where, read_late)


def read_files(uri: str) -> dict[str, bytes]:
    """All files of a bundle, manifest last, each of the size and digest that the manifest says.

    Raises as `read_bundle` does.
    """
    with _files(uri, math.inf) as read:
        return files_by(read, uri.rstrip("/"))


def files_by(read: Read, where: str) -> dict[str, bytes]:
    """The same of a bundle that another reads; `where` it lies is for messages.

    Raises:
        BundleError: naming the file and the fault, if one is missing or altered.
    """
    manifest_bytes, manifest = read_manifest(read, where)
    files = {name: _checked(read, name, manifest, where) for name in manifest.files}
    return {**files, MANIFEST: manifest_bytes}


def read_manifest(read: Read, where: str) -> tuple[bytes, Manifest]:
    """The manifest's bytes, and what they say.

    Raises:
        BundleError: if it is no manifest, or in S3 another version's than the place is named after.
    """
    data = read(MANIFEST, _MAX_MANIFEST_BYTES)
    named = where.rpartition("/")[2]
    if where.startswith("s3://") and version_of(data) != named:
        raise BundleError(
            f"{where} should hold version {named}, and its {MANIFEST} is that of {version_of(data)}: it was changed "
            "after it was published. Publish the model again"
        )
    return data, Manifest.from_bytes(data, where)


def _check_memory(manifest: Manifest, names: Iterable[str], memory_mb: int | None, where: str) -> None:
    """Refuse a bundle that does not fit: who uses too much is killed by Lambda, and the log would not say why."""
    size_mb = sum(manifest.files[name]["size"] for name in names) / 2**20
    needed_mb = round(_MEMORY_MB + _MEMORY_PER_BYTE * size_mb)
    if memory_mb is not None and needed_mb > memory_mb:
        raise BundleError(
            f"{where} holds {size_mb:,.0f} MB and needs about {needed_mb:,} MB of memory; the function has "
            f"{memory_mb:,}: give it more (MemorySize)"
        )


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


def _files(uri: str, deadline: float) -> AbstractContextManager[Read]:
    """Opens the place that a URI names; see `coldopen.bundle.s3`."""
    if not uri.startswith("s3://"):
        return _directory_files(uri)
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not bucket:
        raise BundleError(f"{uri!r} names no bucket; it should read {_FORM}")
    if not re.fullmatch("(?:.*/)?[0-9a-f]{12}", key.rstrip("/")):
        raise BundleError(f"{uri!r} does not end with a version, 12 digits of 0-9 and a-f; it should read {_FORM}")
    from coldopen.bundle.s3 import s3_files  # imports boto3, which a bundle in the package need not wait for

    return s3_files(bucket, key.strip("/"), deadline)


@contextmanager
def _directory_files(uri: str) -> Iterator[Read]:
    if "://" in uri:
        raise BundleError(f"the model can't be read from {uri!r}; it should read {_FORM} or name a folder")
    directory = Path(uri.rstrip("/"))
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

    yield read
