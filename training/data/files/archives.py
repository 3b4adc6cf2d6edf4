"""Files inside archives and compressed files: gzip, bzip2, xz, zip and tar, told by their bytes.

Nothing is written anywhere. What a member's name or kind says of the file system is refused all the same: an archive
that means to leave its folder is no archive of scripts.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import PurePath, PurePosixPath, PureWindowsPath
from typing import IO, Any, NamedTuple

from training.data.errors import CorpusError, LeftOut
from training.data.files.kinds import HEAD, ZIP, is_hidden, refusal, refusal_by_name
from training.data.files.limits import MOST_ARCHIVES, Budget, TooMuchError

_COMPRESSED: tuple[tuple[bytes, str, Callable[[io.BytesIO], Any]], ...] = (
    (b"\x1f\x8b", "gzip", lambda stream: gzip.GzipFile(fileobj=stream)),
    (b"BZh", "bzip2", bz2.BZ2File),
    (b"\xfd7zXZ\0", "xz", lzma.LZMAFile),
)
_FAULTS = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    RuntimeError,  # a password, or a method that is not known
    ValueError,
    OSError,
    EOFError,
)
_OFFICE = {
    "xl/": "it is an Excel workbook: save its sheet as CSV",
    "ppt/": "it is a PowerPoint file: save its text",
    "content.xml": "it is an OpenDocument file: save it as .docx or text",
}


class File(NamedTuple):
    """A file's name, as messages give it, and its bytes."""

    name: str
    data: bytes


def unpacked(file: File, budget: Budget, above: str = "", depth: int = 0) -> Iterator[File | LeftOut]:
    """The files in an archive, in the order of their names, those in archives inside it too; another file as it is.

    Args:
        above: stands before the members' names.

    Raises:
        CorpusError: if the archive can't be read.
        TooMuchError: if it holds more than the budget has.
    """
    packed = next((kind for kind in _COMPRESSED if file.data.startswith(kind[0])), None)
    is_archive = packed or file.data.startswith(ZIP) or _is_tar(file.data)
    if is_archive and depth >= MOST_ARCHIVES:
        raise CorpusError(f"{file.name} stands in {depth} archives inside each other: unpack them")
    if packed:
        budget.give_back(len(file.data))
        yield from unpacked(_decompressed(file, packed[1], packed[2], budget), budget, above, depth + 1)
    elif file.data.startswith(ZIP):
        yield from _in_zip(file, budget, above, depth)
    elif _is_tar(file.data):
        yield from _in_tar(file, budget, above, depth)
    else:
        yield file


def _is_tar(data: bytes) -> bool:
    return data[257:262] == b"ustar"


def _decompressed(file: File, kind: str, opened: Callable[[io.BytesIO], Any], budget: Budget) -> File:
    suffix = PurePath(file.name).suffix
    name = file.name.removesuffix(suffix) if suffix.lower() in (".gz", ".bz2", ".xz") else file.name
    try:
        return File(name, budget.read(file.name, opened(io.BytesIO(file.data))))
    except _FAULTS as error:
        raise CorpusError(f"{file.name} is {kind} but can't be unpacked: {error}") from None


def _in_zip(file: File, budget: Budget, above: str, depth: int) -> Iterator[File | LeftOut]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(file.data))
    except _FAULTS as error:
        raise CorpusError(f"{file.name} is not a .zip that can be read: {error}") from None
    with archive:
        members = sorted(archive.infolist(), key=lambda member: member.filename)
        names = [member.filename for member in members]
        if "word/document.xml" in names:
            budget.give_back(len(file.data))
            budget.take(file.name, sum(member.file_size for member in members))  # another library unpacks its XML
            yield file
            return
        if "[Content_Types].xml" in names or "mimetype" in names:
            reason = next((why for part, why in _OFFICE.items() if any(name.startswith(part) for name in names)), None)
            if reason:
                yield LeftOut(file.name, reason)
                return
        budget.give_back(len(file.data))
        budget.count(file.name, len(members))
        for member in members:
            if not member.is_dir():
                is_link = stat.S_ISLNK(member.external_attr >> 16)
                reader = _reader(lambda member=member: archive.open(member))  # type: ignore[misc]
                yield from _member(f"{above}{member.filename}", is_link, reader, budget, depth)


def _in_tar(file: File, budget: Budget, above: str, depth: int) -> Iterator[File | LeftOut]:
    budget.give_back(len(file.data))
    try:
        with tarfile.open(fileobj=io.BytesIO(file.data), mode="r:") as archive:
            members = []
            for member in archive:  # not getmembers(): a bomb may have millions
                budget.count(file.name)
                members.append(member)
            for member in sorted(members, key=lambda member: member.name):
                if not member.isdir():
                    reader = _reader(lambda member=member: archive.extractfile(member))  # type: ignore[misc]
                    yield from _member(f"{above}{member.name}", not member.isreg(), reader, budget, depth)
    except _FAULTS as error:
        raise CorpusError(f"{file.name} is not a tar archive that can be read: {error}") from None


def _reader(opened: Callable[[], IO[bytes] | None]) -> Callable[[], IO[bytes]]:
    return lambda: opened() or io.BytesIO()


def _member(
    name: str, is_link: bool, opened: Callable[[], IO[bytes]], budget: Budget, depth: int
) -> Iterator[File | LeftOut]:
    if reason := _refusal(name, is_link):
        yield LeftOut(name, reason)
        return
    try:
        with opened() as stream:
            head = stream.read(HEAD)
            reason = refusal(head)
            data = b"" if reason else budget.read(name, stream, head)
    except _FAULTS as error:
        reason = f"it can't be read: {error}"
    if reason:
        yield LeftOut(name, reason)
        return
    try:
        yield from unpacked(File(name, data), budget, f"{name}/", depth + 1)
    except TooMuchError:
        raise
    except CorpusError as error:
        yield LeftOut.of(name, error)


def _refusal(name: str, is_link: bool) -> str | None:
    if is_link:
        return "it is a link or a device, which an archive of scripts has no need of"
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or PureWindowsPath(name).drive:
        return "its name leads out of the archive"
    return "it is hidden, a system's own" if is_hidden(name) else refusal_by_name(name)
