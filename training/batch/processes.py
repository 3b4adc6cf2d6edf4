"""Processes that write: one for each core, each with torch on one thread and many texts in step."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache
from itertools import islice
from typing import NamedTuple

import torch

from coldopen.batch import answer_batch
from coldopen.bundle.read import read_bundle
from coldopen.writer import Writer
from training.batch.errors import BatchError
from training.batch.primes import Line
from training.batch.scripts_file import line_of
from training.generate import MAX_LENGTH

LINES_AT_ONCE = 64
"""Lines that a process is given at once: twice as many as it writes in step."""

_AHEAD = 3  # such portions for each process, at work or done before an earlier one is


class Portion(NamedTuple):
    """What became of some lines.

    Attributes:
        lines: a line of JSON for each.
        num_words: how many were written.
        num_errors: how many of the lines are errors.
    """

    lines: list[str]
    num_words: int
    num_errors: int


def num_cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def write_portions(model: str, lines: Iterator[Line], at_once: int, processes: int) -> Generator[Portion, None, None]:
    """Write scripts in processes; yields what became of the lines, portion by portion in their order.

    Args:
        model: a bundle's folder, or s3://bucket/prefix/version/.
        lines: no more of them are read than the processes need next.
        at_once: lines a portion.
        processes: how many.

    Raises:
        BatchError: if a process is ended by somebody else.
        BundleError, ModelUnavailableError: as `coldopen.bundle.read.read_bundle` does.
    """
    context = multiprocessing.get_context("spawn")  # a fork would take over torch's threads in whatever state
    executor = ProcessPoolExecutor(processes, context, _begin)
    under_way: deque[Future[Portion]] = deque()
    try:
        while True:
            while len(under_way) < _AHEAD * processes and (some := list(islice(lines, at_once))):
                with _ctrl_c_held():  # a submit may start a process, and a process inherits what is held
                    under_way.append(executor.submit(_write, model, some))
            if not under_way:
                return
            yield under_way.popleft().result()
    except BrokenProcessPool:
        raise BatchError(
            "a process that writes was ended, perhaps for want of memory; the same command goes on from what is written"
        ) from None
    finally:
        for process in multiprocessing.active_children():
            process.terminate()
        executor.shutdown(cancel_futures=True)


def portion(writer: Writer, lines: Sequence[Line]) -> Portion:
    """What a writer makes of lines: their answers, each with its line's number and digest."""
    answered = answer_batch(writer, [line.fields for line in lines if line.error is None], MAX_LENGTH, writer.copies)
    contents = iter(answered.contents)
    made = [(line, next(contents) if line.error is None else line.error) for line in lines]
    texts = [line_of(line, content, writer.version) for line, content in made]
    return Portion(texts, sum(text.length for text in answered.texts), sum("error" in content for _, content in made))


@contextmanager
def _ctrl_c_held() -> Iterator[None]:
    """Have SIGINT wait until the context ends, and in the processes that are started meanwhile as long as they run."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """In a new process: end with the first one, which alone heeds Ctrl-C."""
    torch.set_num_threads(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent
    parent.join()
    os._exit(1)


@cache
def _writer(model: str) -> Writer:
    return Writer(read_bundle(model))


def _write(model: str, lines: list[Line]) -> Portion:
    return portion(_writer(model), lines)
