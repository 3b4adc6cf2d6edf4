"""What can be wrong with scripts: as a whole, in a file, in a line."""

from __future__ import annotations

from dataclasses import dataclass

from coldopen.errors import ColdOpenError


class CorpusError(ColdOpenError):
    """Scripts that can't be read or hold nothing to learn from."""


@dataclass(frozen=True, slots=True)
class Skip:
    """A part of a file that was not used.

    Attributes:
        source: the file's name.
        line: the number of the part's first line, from 1.
        reason: why it could not be used, for a person. The same words for the same reason, so that it can be counted.
        detail: what differs from part to part.
    """

    source: str
    line: int
    reason: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.source} line {self.line}: {self.reason}{f': {self.detail}' if self.detail else ''}"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that was not used.

    Attributes:
        name: the file's.
        reason: why, for a person.
    """

    name: str
    reason: str

    @classmethod
    def of(cls, name: str, error: CorpusError) -> LeftOut:
        """A file that an error says is of no use; the error may begin with the file's name."""
        said = str(error)
        reason = f"it {said[len(name) + 1 :]}" if said.startswith(f"{name} ") else said.removeprefix(f"{name}: ")
        return cls(name, reason)

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"
