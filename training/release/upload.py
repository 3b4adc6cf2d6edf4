"""A bundle to S3: content first, manifest last, so that a release is there whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from coldopen.bundle.manifest import MANIFEST, version_of
from training.release.place import Place
from training.release.store import Store


class Upload(NamedTuple):
    """What an upload came to.

    Attributes:
        uri: of the release.
        was_there: whether a manifest stood there already.
        written: the names of the files that were missing or wrong, and are right now.
    """

    uri: str
    was_there: bool
    written: list[str]

    def outcome(self) -> str:
        """As a person is told."""
        if not self.was_there:
            return f"published: {self.uri}"
        if not self.written:
            return f"already published, every file as it should be, nothing uploaded: {self.uri}"
        return f"already published but damaged, mended now ({', '.join(self.written)}): {self.uri}"


def upload(files: Mapping[str, bytes], place: Place) -> Upload:
    """Upload a bundle's files under its version, those that are not there with just these bytes.

    Whenever this is ended, what lies there is no release yet, as its manifest is missing, or as whole as it was before.
    Two that upload the same write the same bytes.

    Raises:
        ReleaseError: in one sentence, whatever S3 or the credentials object to.
    """
    store = Store(place.below(version_of(files[MANIFEST])), "publish to")
    was_there = store.get(MANIFEST) is not None
    written = []
    for name in sorted(files, key=MANIFEST.__eq__):  # the manifest last
        if not store.holds(name, files[name]):
            store.put(name, files[name])
            written.append(name)
    return Upload(store.place.uri, was_there, written)
