"""A batch on AWS: `make batch PRIMES=FILE OUT=s3://bucket/folder/`."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from training.batch.cut import batches
from training.batch.errors import BatchError
from training.batch.merge import REDO, answers
from training.batch.primes import Line, open_primes, read_primes
from training.batch.run import Deployment, Run, follow, start
from training.batch.scripts_file import error_code, line_of, paired
from training.release.place import Place, read_anywhere
from training.release.store import Store

SCRIPTS = "scripts.jsonl"
RUN = "run.json"

Pairs = Callable[[], Iterator[tuple[Line, str | None]]]
"""Reads all lines anew, each with what was written for it before, if anything was."""


def write_there(
    deployment: Deployment, primes: str, out: str, options: Mapping[str, Any], follow: Callable[[Run], str] = follow
) -> str:
    """Have AWS write a script for each line of a file of primes, and merge what it wrote.

    Called again, it goes on where it was: it follows the run that was started, or writes again what failed.

    Args:
        primes: a file here, or s3://bucket/key; see `training.batch.primes.read_primes`.
        out: s3://bucket/folder/, in the deployment's place. `scripts.jsonl` there gets a line for each prime.
        options: fields for lines that do not say otherwise.
        follow: waits for a run's end; see `training.batch.run.follow`.

    Returns:
        What was done, in a sentence or two.

    Raises:
        BatchError: if a file can't be used, or AWS refuses.
        ReleaseError: if S3 does.
        Interrupted: on Ctrl-C.
    """
    store = Store(_out_place(deployment, out), "read and write")
    with tempfile.TemporaryDirectory() as scratch:
        file, old = _fetched(primes, Path(scratch)), Path(scratch) / "old"
        store.download(SCRIPTS, old)
        run = _unmerged(store, old)
        version = run.version if run else deployment.version()

        def pairs() -> Iterator[tuple[Line, str | None]]:
            with open_primes(str(file)) as stream:
                yield from paired(read_primes(stream, primes, options), old, store.place.uri + SCRIPTS, version)

        digest = _digest(pairs, version)
        if run is None:
            run = _started(deployment, store, pairs, digest, version, old)
        if run is None:
            return f"{store.place.uri}{SCRIPTS}: nothing is left to be written"
        if run.primes != digest:
            raise BatchError(
                f"{store.place.uri} has a run of other primes or options, which was not merged yet: repeat its command,"
                " or choose another --out"
            )
        status = follow(run)
        told = _merged(store, run, pairs, status, Path(scratch) / "new")
        store.remove(RUN)
        return told


def _out_place(deployment: Deployment, out: str) -> Place:
    if not (out.rstrip("/") + "/").startswith(deployment.place):
        raise BatchError(
            f"--out is {out}: it must be a folder in {deployment.place}, all that the state machine may write to"
        )
    return read_anywhere(out)


def _fetched(primes: str, scratch: Path) -> Path:
    """The file of primes, brought here if it is in S3."""
    if not primes.startswith("s3://"):
        return Path(primes)
    whole = read_anywhere(primes)
    folder, _, name = whole.prefix.rpartition("/")
    path = scratch / f"primes{PurePosixPath(name).suffix}"
    if not name or not Store(Place(whole.bucket, folder), "read").download(name, path):
        raise BatchError(f"there is no {primes}: --primes names a file of primes, here or in S3")
    return path


def _unmerged(store: Store, old: Path) -> Run | None:
    """The run that was started here and whose results are not in the scripts yet, if there is one."""
    known = store.get(RUN)
    if known is None:
        return None
    run = Run.of(known)
    return run if run.before == _digest_of(old) else None


def _digest_of(file: Path) -> str:
    if not file.exists():
        return ""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _digest(pairs: Pairs, version: str) -> str:
    digest = hashlib.sha256()
    for line, _ in pairs():
        digest.update(line.digest(version).encode())
    return digest.hexdigest()


def _left(pairs: Pairs) -> Iterator[Line]:
    """The lines that are to be written."""
    return (line for line, text in pairs() if _is_left(line, text))


def _is_left(line: Line, text: str | None) -> bool:
    return line.error is None and (text is None or error_code(text) in REDO)


def _started(deployment: Deployment, store: Store, pairs: Pairs, digest: str, version: str, old: Path) -> Run | None:
    """A run of what is left; None if nothing is."""
    path, count = old.with_name("batches.json"), 0
    with path.open("w", encoding="ascii") as file:
        for count, batch in enumerate(batches(_left(pairs)), 1):
            file.write(",\n" if count > 1 else "[\n")
            json.dump({"number": count, "requests": [line.fields for line in batch]}, file)
        file.write("\n]\n")
    if not count:
        return None
    name = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{digest[:8]}"
    store.upload(f"{name}/batches.json", path)
    folder = store.place.key(f"{name}/")
    run = Run(start(deployment, name, store.place.bucket, folder), f"{name}/", count, digest, version, _digest_of(old))
    store.put(RUN, run.to_bytes())
    return run


def _merged(store: Store, run: Run, pairs: Pairs, status: str, path: Path) -> str:
    """Write the lines with what they got; returns how many there are."""
    got = answers(store, f"{run.folder}results/", batches(_left(pairs)), run.version, status)
    total = errors = again = 0
    with path.open("w", encoding="ascii") as file:
        for line, text in pairs():
            if _is_left(line, text):
                text = line_of(line, next(got), run.version)
            file.write((text or line_of(line, line.error or {}, run.version)) + "\n")
            code = error_code(text) if text else "malformed_body"
            total, errors, again = total + 1, errors + (code is not None), again + (code in REDO)
    store.upload(SCRIPTS, path)
    more = f"; the same command writes {again:,} of them again, alone" if again else ""
    return f"{store.place.uri}{SCRIPTS}: {total:,} lines, {errors:,} of them errors{more}"
