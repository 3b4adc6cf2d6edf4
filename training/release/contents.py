"""The files of a release, or of a bundle or run on this machine, each checked by size and digest."""

from __future__ import annotations

import hashlib
from pathlib import Path

from coldopen.bundle.content import Bundle, bundle_of
from coldopen.bundle.manifest import MANIFEST, Manifest, version_of
from coldopen.bundle.read import read_files
from coldopen.errors import BundleError
from training.release.place import ReleaseError, read_release_uri
from training.release.store import Store
from training.run_bundle import checked_bundle

Contents = tuple[dict[str, bytes], Bundle]
"""The files of a bundle, manifest last, and the bundle that they make."""


def read_folder(folder: Path) -> Contents:
    """A bundle on disk, checked as serving would check it, all of it.

    Args:
        folder: the bundle's, or the run's that it belongs to.

    Raises:
        BundleError, ModelUnavailableError: as `read_bundle` does.
        DigestError: as `checked_bundle` does.
    """
    where = str(checked_bundle(folder))
    return _with_bundle(read_files(where), where)


def read_release(uri: str) -> Contents:
    """The same of a release in S3.

    Raises:
        ReleaseError: if S3 can't be read, or holds another version there than the URI says.
        BundleError: as `read_bundle` does.
    """
    store = open_release(uri)
    where = store.place.uri.rstrip("/")
    manifest_bytes, manifest = read_manifest(store)
    files = {name: _checked(store, name, manifest.files[name], where) for name in manifest.files}
    return _with_bundle({**files, MANIFEST: manifest_bytes}, where)


def open_release(uri: str) -> Store:
    """The place of a release, to be read.

    Raises:
        ReleaseError: if the URI names none, or there are no credentials.
    """
    return Store(read_release_uri(uri), "read from")


def read_manifest(store: Store) -> tuple[bytes, Manifest]:
    """A release's manifest, compared with the version in its place's name.

    Raises:
        ReleaseError: if it is missing, or another version's.
        BundleError: if it can't be read.
    """
    where = store.place.uri.rstrip("/")
    data = store.get(MANIFEST)
    if data is None:
        raise ReleaseError(f"there is no release at {where}/: {MANIFEST} is missing")
    if version_of(data) != store.place.version:
        raise ReleaseError(
            f"{where}/{MANIFEST} was changed: its version is {version_of(data)}, not {store.place.version}"
        )
    return data, Manifest.from_bytes(data, where)


def _checked(store: Store, name: str, expected: dict[str, object], where: str) -> bytes:
    data = store.get(name)
    if data is None:
        raise BundleError(f"{where} is not a whole bundle: {name} is missing")
    if len(data) != expected["size"]:
        raise BundleError(f"{where}/{name} is not whole: it has {len(data):,} bytes, not {expected['size']:,}")
    if hashlib.sha256(data).hexdigest() != expected["sha256"]:
        raise BundleError(f"{where}/{name} was changed after it was published: its sha256 is not the manifest's")
    return data


def _with_bundle(files: dict[str, bytes], where: str) -> Contents:
    bundle = bundle_of(files, where)
    bundle.copies()  # read at its first use when serving; what can't be read is to be known now
    return files, bundle
