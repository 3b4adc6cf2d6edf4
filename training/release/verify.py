"""Whether a function could serve a bundle: it is read, checked, loaded, and writes a sentence."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

from coldopen.bundle.content import Bundle
from coldopen.writer import Writer
from training.generate import scripts_by
from training.release.contents import read_folder, read_release
from training.release.place import ReleaseError
from training.release.serving import check_serving

SAMPLE_WORDS = 30


class Verified(NamedTuple):
    """A bundle that can be served.

    Attributes:
        name, version: as each reply will name them.
        num_files, num_bytes: manifest counted.
        read_s: seconds to fetch and check the files.
        load_s: seconds from there until the first word can be written.
        write_s: seconds for the sample.
        sample: what it wrote.
    """

    name: str
    version: str
    num_files: int
    num_bytes: int
    read_s: float
    load_s: float
    write_s: float
    sample: str

    def report(self) -> str:
        """As a person is told."""
        return (
            f"{self.name}, version {self.version}: {self.num_files} files, {self.num_bytes / 1e6:.1f} MB, all as the "
            f"manifest says\nread and checked in {self.read_s:.1f} s, loaded in {self.load_s:.1f} s, "
            f"{SAMPLE_WORDS} words written in {self.write_s:.2f} s:\n\n{self.sample}\n"
        )


def verify(uri: str) -> Verified:
    """Read, check and load what lies at `s3://bucket/prefix/version/` or in a folder, and let it write.

    Raises:
        ReleaseError, BundleError, ModelUnavailableError: naming the file and the fault.
        ColdOpenError: if it loads and can't write.
    """
    begun = time.monotonic()
    files, bundle = read_release(uri) if uri.startswith("s3://") else read_folder(Path(uri))
    check_serving(bundle)
    read = time.monotonic()
    writer = Writer(bundle)
    loaded = time.monotonic()
    text = sample(writer)
    written = time.monotonic()
    num_bytes = sum(map(len, files.values()))
    return Verified(
        writer.name, writer.version, len(files), num_bytes, read - begun, loaded - read, written - loaded, text
    )


def sample_of(bundle: Bundle) -> str:
    """A sentence of a bundle that was not written with yet."""
    return sample(Writer(bundle))


def sample(writer: Writer) -> str:
    """About 30 words, the same each time.

    Raises:
        ReleaseError: if no word of the vocabulary can begin a script.
    """
    try:
        return scripts_by(writer, {"length": SAMPLE_WORDS, "end": "sentence", "seed": 1})[0].text
    except ValueError as error:
        raise ReleaseError(f"{writer.name}, version {writer.version}, loads and can't write: {error}") from None
