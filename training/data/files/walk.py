"""The files that a path means: itself, those in a folder, those in archives."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from training.data.errors import CorpusError, LeftOut
from training.data.files.archives import File, unpacked
from training.data.files.kinds import HEAD, is_hidden, refusal, refusal_by_name
from training.data.files.limits import Budget, TooMuchError


def files_at(path: Path) -> Iterator[File | LeftOut]:
    """Name and content of each file, in the order of their names, and what was left out.

    Raises:
        CorpusError: if there is nothing, or an archive that can't be read.
        TooMuchError: if there is too much.
    """
    budget = Budget()
    try:
        if path.is_dir():
            yield from _in_folder(path, budget)
        else:
            file = _opened(path, path.name, budget)
            yield from unpacked(file, budget) if isinstance(file, File) else [file]
    except FileNotFoundError:
        raise CorpusError(f"there are no scripts at {path}: no such file or folder") from None
    except OSError as error:
        raise CorpusError(f"{path} can't be read: {error.strerror}") from None


def _in_folder(folder: Path, budget: Budget) -> Iterator[File | LeftOut]:
    for path in _walk(folder):
        name = str(path.relative_to(folder))
        if reason := _refusal(path, name):
            yield LeftOut(name, reason)
            continue
        budget.count(str(folder))
        try:
            file = _opened(path, name, budget)
            yield from unpacked(file, budget, f"{name}/") if isinstance(file, File) else [file]
        except TooMuchError:
            raise
        except CorpusError as error:
            yield LeftOut.of(name, error)
        except OSError as error:
            yield LeftOut(name, f"it can't be read: {error.strerror}")


def _walk(folder: Path) -> Iterator[Path]:
    """All but folders, in the order of their whole names; a hidden folder stands for what it holds."""
    found: list[Path] = []
    for root, folders, names in os.walk(folder):
        hidden = [name for name in folders if is_hidden(name) or (Path(root) / name).is_symlink()]
        folders[:] = sorted(set(folders) - set(hidden))
        found += (Path(root) / name for name in (*names, *hidden))
    return iter(sorted(found))


def _refusal(path: Path, name: str) -> str | None:
    if is_hidden(name):
        return "it is hidden, a system's own"
    if path.is_symlink():
        return "it is a link: give what it points to"
    return refusal_by_name(name)


def _opened(path: Path, name: str, budget: Budget) -> File | LeftOut:
    """A file's content. Pipes and devices are refused before they are opened, since they may never end."""
    if not stat.S_ISREG(path.stat().st_mode):
        return LeftOut(name, "it is a pipe or a device, not a file: write what it gives to a file first")
    with path.open("rb") as stream:
        head = stream.read(HEAD)
        if reason := refusal(head):
            return LeftOut(name, reason)
        return File(name, budget.read(name, stream, head))
