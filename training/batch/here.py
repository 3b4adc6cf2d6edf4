"""A batch on this machine: `python -m training generate --primes FILE --out FILE`."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from itertools import chain
from pathlib import Path
from typing import IO, Any

from tqdm import tqdm

from coldopen.bundle.read import read_bundle
from training.batch.primes import STANDARD, Line, open_primes, read_primes
from training.batch.processes import LINES_AT_ONCE, num_cores, write_portions
from training.batch.scripts_file import add, open_scripts, skip_written
from training.fit.interrupt import Interrupted


def write_scripts(model: str, primes: str, out: str, options: Mapping[str, Any]) -> str:
    """Write a script for each line of a file of primes; what an earlier call has written stays.

    Args:
        model: a bundle's folder, or s3://bucket/prefix/version/.
        primes: a file, or `-`; see `training.batch.primes.read_primes`.
        out: the file to write to, or `-`.
        options: fields for lines that do not say otherwise.

    Returns:
        What was done, in a sentence.

    Raises:
        BatchError: if a file can't be used.
        BundleError, ModelUnavailableError: as `coldopen.bundle.read.read_bundle` does.
        Interrupted: on Ctrl-C, with how to go on.
    """
    version = read_bundle(model).version
    total = None if primes == STANDARD else _count(primes, options)
    opened = nullcontext(sys.stdout.buffer) if out == STANDARD else open_scripts(Path(out))
    with _stopped_as_by_ctrl_c(), open_primes(primes) as stream, opened as file:
        lines = read_primes(stream, primes, options)
        before = 0 if out == STANDARD else skip_written(file, out, lines, version)
        first = next(lines, None)
        if first is None:
            return f"{out} is complete: {before:,} lines" if before else f"{primes} holds no primes: {out} is empty"
        return _write(model, chain([first], lines), file, out, before, total)


def _write(model: str, lines: Iterator[Line], file: IO[bytes], out: str, before: int, total: int | None) -> str:
    cores = num_cores()
    left = None if total is None else total - before
    at_once = LINES_AT_ONCE if left is None else max(1, min(LINES_AT_ONCE, -(-left // cores)))
    processes = cores if left is None else max(1, min(cores, -(-left // at_once)))
    written = words = errors = 0
    with (
        tqdm(total=total, initial=before, unit=" scripts", mininterval=1, dynamic_ncols=True) as bar,
        closing(write_portions(model, lines, at_once, processes)) as portions,
    ):
        try:
            for portion in portions:
                add(file, portion.lines)
                written += len(portion.lines)
                words += portion.num_words
                errors += portion.num_errors
                bar.set_postfix_str(f"{words / max(bar.format_dict['elapsed'], 1e-9):,.0f} words/s", refresh=False)
                bar.update(len(portion.lines))
        except KeyboardInterrupt:
            bar.close()
            raise Interrupted(_how_to_go_on(out, file, written)) from None
    if out == STANDARD:
        return f"{written:,} lines, {errors:,} of them errors"
    went_on = f" behind the {before:,} that were there" if before else ""
    return f"{out}: {written:,} lines{went_on}, {errors:,} of them errors"


def _count(primes: str, options: Mapping[str, Any]) -> int | None:
    """How many lines there are; None for what can be read only once."""
    if not Path(primes).is_file():
        return None
    with open_primes(primes) as stream:
        return sum(1 for _ in read_primes(stream, primes, options))


def _how_to_go_on(out: str, file: IO[bytes], written: int) -> str:
    if out == STANDARD:
        return f"stopped behind {written:,} lines; with --out FILE the same command would go on where it was"
    file.flush()
    with Path(out).open("rb") as whole:  # it may have lines that were not counted yet
        count = sum(line.endswith(b"\n") for line in whole)
    return f"stopped: {out} has {count:,} lines, and the same command goes on behind them"


@contextmanager
def _stopped_as_by_ctrl_c() -> Iterator[None]:
    """Have SIGTERM do what Ctrl-C does."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
