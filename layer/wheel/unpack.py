"""Unpacks from a wheel what CPU inference needs, and checks every file on the way."""

import base64
import csv
import hashlib
import io
import re
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from layer.elf.read import needed
from layer.errors import LayerError
from layer.native.cuda_stubs import is_cuda
from layer.wheel.rules import EMPTIED_PROGRAM, LEFT_OUT_FOLDERS, LEFT_OUT_SUFFIXES, LOADED_BY_NAME

_SHARED_LIBRARY = re.compile(r"\.so(\.\d+)*$")


def unpack(wheel: Path, into: Path) -> int:
    """Unpack the part of `wheel` that CPU inference needs into the folder `into`; return the bytes of the whole wheel.

    Raises LayerError if a file's sha256 is not the one in the wheel's RECORD, if the wheel is no zip file or has no
    RECORD, or if a file would lie outside the folder.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            record = _record(archive, wheel.name)
            for name in archive.namelist():
                if _wanted(name):
                    _unpack_file(archive, name, record, into)
            return sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise LayerError(f"{wheel} is not a whole wheel ({error}): delete it and build again") from error


def drop_unused_libraries(root: Path) -> None:
    """Delete from torch/lib the libraries that nothing loads, and leave an empty torch_shm_manager.

    The extension modules are loaded, and `LOADED_BY_NAME`; so are, one after the other, the libraries that these need.
    """
    libraries = {path.name: path for path in shared_libraries(root)}
    pending = [n for n, path in libraries.items() if path.parent.name != "lib" or n == LOADED_BY_NAME]
    loaded: set[str] = set()
    while pending:
        name = pending.pop()
        if name in libraries and name not in loaded:
            loaded.add(name)
            pending += needed(libraries[name])
    for name in libraries.keys() - loaded:
        libraries[name].unlink()
    program = root / EMPTIED_PROGRAM
    program.parent.mkdir(parents=True, exist_ok=True)
    program.touch()


def shared_libraries(root: Path) -> list[Path]:
    """Return the shared libraries and extension modules under `root`, sorted."""
    return sorted(p for p in root.rglob("*.so*") if _SHARED_LIBRARY.search(p.name) and p.is_file())


def _wanted(name: str) -> bool:
    path = PurePosixPath(name)
    if path.parts[0].endswith(".dist-info") and not name.endswith("/"):
        return path.name != "RECORD"  # that would be wrong for what is unpacked; METADATA and all licences stay
    if name.endswith("/") or name.startswith(LEFT_OUT_FOLDERS) or path.suffix in LEFT_OUT_SUFFIXES:
        return False
    return not (_SHARED_LIBRARY.search(path.name) and is_cuda(path.name))


def _record(archive: zipfile.ZipFile, wheel: str) -> dict[str, str]:
    """Return the RECORD's digests by file name, each as written: sha256=<urlsafe base64 without padding>."""
    names = [n for n in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/RECORD", n)]
    if len(names) != 1:
        raise LayerError(f"{wheel} has {len(names)} RECORD files instead of one: it is not a wheel")
    rows = csv.reader(io.StringIO(archive.read(names[0]).decode()))
    return {row[0]: row[1] for row in rows if len(row) == 3}


def _unpack_file(archive: zipfile.ZipFile, name: str, record: dict[str, str], into: Path) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name:
        raise LayerError(f"the wheel holds a file called {name!r}, which would lie outside the layer")
    target = into / path
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with archive.open(name) as source, target.open("wb") as file:
        while block := source.read(1 << 20):
            digest.update(block)
            file.write(block)
    found = "sha256=" + base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()
    if record.get(name) != found:
        raise LayerError(
            f"{name} in {Path(archive.filename or '').name} is not the file its RECORD lists: "
            f"{found}, not {record.get(name, 'listed')}"
        )
