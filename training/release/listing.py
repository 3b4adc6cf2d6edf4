"""What lies in a bucket: each release with its age and its figures, and what is no whole release."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from coldopen.bundle.manifest import MANIFEST, Manifest, version_of
from coldopen.errors import BundleError
from training.evaluation.tables import as_text
from training.release.place import Place
from training.release.provenance import Provenance
from training.release.store import Store, Stored

_VERSION_FOLDER = re.compile(r"([0-9a-f]{12})/(.+)")
_HEADER = ["version", "published, UTC", "corpus words", "vocabulary", "perplexity on test", "name"]


class Listed(NamedTuple):
    """One row: a release, or what is left of one; `fault` is empty for a whole one."""

    version: str
    files: Mapping[str, Stored]
    manifest: Manifest | None
    fault: str

    @property
    def published(self) -> datetime:
        """When its manifest, or else its last file, was written."""
        if MANIFEST in self.files:
            return self.files[MANIFEST].written
        return max(file.written for file in self.files.values())

    def cells(self) -> list[str]:
        """As a row of the table."""
        published = f"{self.published:%Y-%m-%d %H:%M}"
        if not self.manifest:
            return [self.version, published, "-", "-", "-", self.fault]
        about = Provenance.of(self.manifest)
        perplexity = about.perplexity("test")
        return [
            self.version,
            published,
            "-" if about.words is None else f"{about.words:,}",
            f"{self.manifest.network.vocabulary_size:,}",
            "-" if perplexity is None else f"{perplexity:.1f}",
            self.fault or self.manifest.name,
        ]


def read_listing(place: Place) -> list[Listed]:
    """All releases at a place, the newest first.

    Raises:
        ReleaseError: if S3 can't be read.
    """
    store = Store(place, "list")
    folders: dict[str, dict[str, Stored]] = {}
    for name, stored in store.objects().items():
        if match := _VERSION_FOLDER.fullmatch(name):
            folders.setdefault(match[1], {})[match[2]] = stored
    listed = [_listed(store, version, files) for version, files in folders.items()]
    return sorted(listed, key=lambda row: row.published, reverse=True)


def listing(place: Place) -> str:
    """The same as a person reads it."""
    rows = read_listing(place)
    if not rows:
        return f"{place.uri}: no releases; `publish` puts them there"
    table = as_text([_HEADER, *(row.cells() for row in rows)])
    return f"{place.uri}\n\n{table}\n\nshow one: python -m training show {place.uri}{rows[0].version}/"


def missing(manifest: Manifest, files: Mapping[str, Stored]) -> list[str]:
    """What is not there, or of another size than the manifest says, a clause each."""
    found = []
    for name, expected in manifest.files.items():
        if name not in files:
            found.append(f"{name} is missing")
        elif files[name].size != expected["size"]:
            found.append(f"{name} has {files[name].size:,} bytes, not {expected['size']:,}")
    return found


def _listed(store: Store, version: str, files: Mapping[str, Stored]) -> Listed:
    data = store.get(f"{version}/{MANIFEST}") if MANIFEST in files else None
    if data is None:
        return Listed(version, files, None, "half published: publish it again")
    if version_of(data) != version:
        return Listed(version, files, None, "damaged: the manifest is another version's")
    try:
        manifest = Manifest.from_bytes(data, version)
    except BundleError as error:
        return Listed(version, files, None, f"can't be read: {error}")
    faults = missing(manifest, files)
    return Listed(version, files, manifest, f"damaged: {faults[0]}; publish it again" if faults else "")
