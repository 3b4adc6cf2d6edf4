"""The digests of a run's files, kept beside them: a byte that changed is noticed when its file is read.

A file's digest is written before the file is, and that of the file which stands there is kept until then. So whenever
the process is killed, what stands there is known: the new file or the one before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from coldopen.errors import ColdOpenError
from coldopen.files import write_file

DIGESTS = "digests.json"

_Digests = dict[str, list[str]]


class DigestError(ColdOpenError):
    """A file of a run that is not what was written."""


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files of a run, each whole or not at all, in their order; arguments and errors as those of `record`.

    Raises:
        OSError: as `write_file` does.
    """
    record(folder, files)
    for name, content in files.items():
        write_file(folder / name, content)


def record(folder: Path, files: Mapping[str, bytes]) -> None:
    """Note the digests of files that are written next.

    Args:
        folder: the run's.
        files: by their path in it, with slashes.

    Raises:
        DigestError: if the digests that stand there are damaged.
    """
    digests = _read(folder) if (folder / DIGESTS).exists() else {}
    for name, content in files.items():
        present = _of_file(folder / name)
        digests[name] = [_of(content), *(digest for digest in digests.get(name, []) if digest == present)]
    text = json.dumps(digests)
    write_file(folder / DIGESTS, json.dumps({"sha256": _of(text.encode()), "files": digests}).encode())


def read_checked(folder: Path, name: str, advice: str) -> bytes:
    """Read a file of a run.

    Args:
        folder: the run's.
        name: the file's path in it, with slashes.
        advice: what to do if the file is damaged, a sentence.

    Raises:
        DigestError: if its digest is not the one that was noted, or the digests are damaged.
        OSError: if it can't be read.
    """
    content = (folder / name).read_bytes()
    if _of(content) not in _read(folder).get(name, []):
        raise DigestError(f"{folder / name} is damaged: its sha256 is not the one in {DIGESTS}. {advice}")
    return content


def _read(folder: Path) -> _Digests:
    again = f"Put back a copy of it, or remove {folder} and train again"
    try:
        content = json.loads((folder / DIGESTS).read_bytes())
        digests: _Digests = content["files"]
        if content["sha256"] != _of(json.dumps(digests).encode()):
            raise ValueError
    except FileNotFoundError:
        raise DigestError(
            f"{folder} has no {DIGESTS}: it was removed, or an older version made this run. {again}"
        ) from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise DigestError(f"{folder / DIGESTS} is damaged. {again}") from None
    return digests


def _of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _of_file(file: Path) -> str | None:
    try:
        return _of(file.read_bytes())
    except FileNotFoundError:
        return None
