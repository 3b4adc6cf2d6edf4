"""The files of a release, or of a bundle or run on this machine, each checked by size and digest."""

from __future__ import annotations

from pathlib import Path

from coldopen.bundle.content import Bundle, bundle_of
from coldopen.bundle.read import files_by, read_files
from training.release.place import read_release_uri
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
        ReleaseError: if S3 can't be read.
        BundleError: as `read_bundle` does, also if another version lies there than the URI says.
    """
    store = open_release(uri)
    where = store.place.uri.rstrip("/")
    return _with_bundle(files_by(store.read, where), where)


def open_release(uri: str) -> Store:
    """The place of a release, to be read.

    Raises:
        ReleaseError: if the URI names none, or there are no credentials.
    """
    return Store(read_release_uri(uri), "read from")


def _with_bundle(files: dict[str, bytes], where: str) -> Contents:
    bundle = bundle_of(files, where)
    bundle.state_dict()
    bundle.copies()  # read at its first use when serving; what can't be read is to be known now
    return files, bundle
