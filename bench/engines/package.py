"""The bytes that an engine takes on a path."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.metadata import Distribution, distributions
from pathlib import Path


def bytes_of(*places: Path) -> int:
    """All files of some folders, and some files."""
    files = [file for place in places for file in (place.rglob("*") if place.is_dir() else [place])]
    return sum(file.stat().st_size for file in files if file.is_file() and not file.is_symlink())


def installed_bytes(folder: Path, name: str) -> int:
    """What pip has put into a folder for a distribution and for those that it needs.

    Raises:
        KeyError: if it is not there.
    """
    there = {_normal(one.metadata["Name"]): one for one in distributions(path=[str(folder)])}
    needed, found = [_normal(name)], {_normal(name): there[_normal(name)]}
    while needed:
        for other in _requirements(there[needed.pop()]):
            if other in there and other not in found:
                found[other] = there[other]
                needed.append(other)
    return bytes_of(*(Path(str(one.locate_file(file))) for one in found.values() for file in one.files or ()))


def _requirements(distribution: Distribution) -> Iterable[str]:
    """The names of what a distribution needs itself, not for an extra."""
    for requirement in distribution.requires or ():
        if (match := re.match(r"[\w.-]+", requirement)) and "extra ==" not in requirement:
            yield _normal(match[0])


def _normal(name: str) -> str:
    """A distribution's name as PyPI compares it (packaging.python.org, "Names and normalization")."""
    return re.sub(r"[-_.]+", "-", name).lower()
