"""The file of scripts: it grows by whole lines, and what was broken off goes on behind the last of them."""

from __future__ import annotations

import fcntl
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

from training.batch.errors import BatchError
from training.batch.primes import Line

DIGEST = "request_sha256"
"""Names what a line was made of, model included; see `Line.digest`."""

_BEGIN = b'{"line": '  # of each line


@contextmanager
def open_scripts(path: Path) -> Iterator[IO[bytes]]:
    """Open a file of scripts, old or new, to read it and to add to it; nobody else adds to it meanwhile.

    Raises:
        BatchError: if it can't be opened, or another process adds to it.
    """
    with ExitStack() as stack:
        try:
            file = stack.enter_context(path.open("a+b"))
        except OSError as error:
            raise BatchError(f"{path} can't be written to: {error.strerror}; choose another file with --out") from None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BatchError(f"{path} is in use: another command writes to it; wait, or choose another --out") from None
        yield file


def skip_written(file: IO[bytes], name: str, lines: Iterator[Line], version: str) -> int:
    """Go past the lines that a file of scripts holds already, in it and in the file of primes; half a line is cut off.

    Returns:
        How many they are.

    Raises:
        BatchError: if one of them was not made by this version of a model from these lines.
    """
    file.seek(0)
    count = whole = 0
    for text in file:
        if not text.endswith(b"\n"):
            _check_half(text, name)
            file.truncate(whole)
            break
        line = next(lines, None)
        if line is None:
            raise _too_long(name)
        _check(text, name, count + 1, line, version)
        count, whole = count + 1, whole + len(text)
    return count


def add(file: IO[bytes], lines: Iterable[str]) -> None:
    """Add lines; each is there whole, even if the process is ended the moment after."""
    file.write("".join(f"{line}\n" for line in lines).encode())
    file.flush()


def paired(lines: Iterator[Line], path: Path, name: str, version: str) -> Iterator[tuple[Line, str | None]]:
    """Lines, each with what a file of scripts has for it, if there is such a file and it goes so far.

    Raises:
        BatchError: as `skip_written` does.
    """
    with path.open("rb") if path.exists() else io.BytesIO() as file:
        for number, line in enumerate(lines, 1):
            text = file.readline()
            if text:
                _check(text, name, number, line, version)
            yield line, text.decode().rstrip("\n") or None
        if file.readline():
            raise _too_long(name)


def line_of(line: Line, content: Mapping[str, Any], version: str) -> str:
    """What is written for a line: its number, its answer, and what names both."""
    return json.dumps({"line": line.number, **content, DIGEST: line.digest(version)})


def error_code(text: str) -> str | None:
    """The code of the error that such a line tells of, if it does."""
    code: str | None = json.loads(text).get("error", {}).get("code")
    return code


def _too_long(name: str) -> BatchError:
    return BatchError(f"{name} has more lines than there are primes: choose another --out, or remove it")


def _check_half(text: bytes, name: str) -> None:
    """Refuse to cut off what this command can't have begun to write."""
    if text[: len(_BEGIN)] != _BEGIN[: len(text)]:
        raise BatchError(f"the end of {name} was not written by this command: choose another --out, or remove the file")


def _check(text: bytes, name: str, number: int, line: Line, version: str) -> None:
    try:
        written = json.loads(text)
        digest = written[DIGEST]
    except (ValueError, TypeError, KeyError):
        raise BatchError(
            f"line {number:,} of {name} was not written by this command: choose another --out, or remove the file"
        ) from None
    if digest == line.digest(version):
        return
    made_by = written.get("model", {}).get("version", version)
    if made_by != version:
        raise BatchError(
            f"{name} was written by model version {made_by}, and this is {version}: choose another --out, name its"
            " model with --model, or remove the file"
        )
    raise BatchError(
        f"line {number:,} of {name} was made of another prime, or with other options, than line {line.number:,} of the"
        " primes asks for: choose another --out, or remove the file"
    )
