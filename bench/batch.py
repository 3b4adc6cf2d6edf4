"""Words per second of many scripts: the original's way, one by one, in step in one process, and in all processes.

    python -m bench.batch [ROUNDS]
    python -m bench.batch memory [PRIMES]

The ways alternate. The original's way and the writer are timed as in `bench.words`, but with the default sampling. In
processes, the time runs from the first portion of lines that is done to the last, so that no start is in it. The bar is
0.9 times the cores times one process's best batch. `memory` writes 10,000 scripts of 5 words and prints the most memory
that the first process and those that write have had resident, after a tenth of them and at the end.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Iterator
from itertools import count, islice

import torch

from bench.load import resident_mb
from bench.words import original_way
from coldopen.bundle.content import Bundle
from coldopen.bundle.read import read_bundle
from coldopen.in_step import Text, write_in_step
from coldopen.sampling import Sampling
from coldopen.steering import Steering
from coldopen.writer import Writer
from local.runtime import SHIPPED_BUNDLE
from training.batch.primes import Line
from training.batch.processes import LINES_AT_ONCE, num_cores, write_portions

_ROUNDS = 7
_LENGTH = 100
_IN_STEP = (1, 2, 4, 8, 16, 32, 64)
_PORTIONS = 6  # of each process
_PRIMES = ("jerry", "kramer", "elaine", "george", "what is the deal with")


def lines(length: int) -> Iterator[Line]:
    """Lines without end, of five primes in turn."""
    return (Line(number, {"prime": _PRIMES[number % 5], "length": length, "seed": number}) for number in count(1))


def texts(bundle: Bundle, number: int) -> list[Text]:
    """So many texts of five primes in turn."""
    primes = [prime.split() if " " in prime else [f"{prime}:"] for prime in _PRIMES]
    return [Text(primes[seed % 5], _LENGTH, Sampling(), seed, Steering()) for seed in range(number)]


def in_step(writer: Writer, wanted: list[Text], most: int) -> float:
    """Words per second with so many texts in step."""
    begun = time.perf_counter()
    write_in_step(writer._engine, writer.lexicon, wanted, [writer.share(Sampling())] * len(wanted), most=most)
    return len(wanted) * _LENGTH / (time.perf_counter() - begun)


def in_processes(processes: int) -> float:
    """Words per second of so many processes, from the first portion that is done to the last."""
    wanted = islice(lines(_LENGTH), LINES_AT_ONCE * processes * _PORTIONS)
    portions = write_portions(str(SHIPPED_BUNDLE), wanted, LINES_AT_ONCE, processes)
    for _ in range(processes):  # the first of each
        next(portions)
    begun, words = time.perf_counter(), 0
    for portion in portions:
        words += portion.num_words
    return words / (time.perf_counter() - begun)


def measure(rounds: int) -> None:
    """Measure in turns, and print."""
    bundle = read_bundle(str(SHIPPED_BUNDLE))
    writer, cores = Writer(bundle), num_cores()
    writer.prepare()
    original = original_way(bundle)
    rates: dict[str, list[float]] = {}
    for _ in range(rounds):
        begun = time.perf_counter()
        original(30)
        rates.setdefault("the original's way", []).append(30 / (time.perf_counter() - begun))
        for most in _IN_STEP:
            name = "one by one" if most == 1 else f"{most} in step"
            rates.setdefault(name, []).append(in_step(writer, texts(bundle, max(8, 2 * most)), most))
        for processes in dict.fromkeys((1, cores)):
            rates.setdefault(f"processes: {processes}", []).append(in_processes(processes))
    print(f"{cores} cores, {rounds} rounds, scripts of {_LENGTH} words; words per second")
    for name, values in rates.items():
        print(f"{name:<20} {statistics.median(values):8,.0f} at the median ({min(values):,.0f} to {max(values):,.0f})")
    best = max((name for name in rates if name.endswith("in step")), key=lambda name: statistics.median(rates[name]))
    _print_ratio(rates, best, "one by one")
    _print_ratio(rates, best, "the original's way")
    _print_ratio(rates, f"processes: {cores}", best)
    print(f"the bar: {0.9 * cores:.2f}")


def _print_ratio(rates: dict[str, list[float]], over: str, under: str) -> None:
    ratios = [a / b for a, b in zip(rates[over], rates[under], strict=True)]
    print(f"{over} / {under}: {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


def memory(wanted: int) -> None:
    """Write many short scripts, and print the most memory that was resident after a tenth and at the end."""
    portions = write_portions(str(SHIPPED_BUNDLE), islice(lines(5), wanted), LINES_AT_ONCE, num_cores())
    done, marks = 0, [wanted // 10, wanted]
    for portion in portions:
        done += len(portion.lines)
        if done >= marks[0]:
            marks.pop(0)
            ids = [os.getpid(), *(process.pid for process in multiprocessing.active_children() if process.pid)]
            first, *others = (resident_mb(id)[0] for id in ids)
            print(f"{done:,} scripts: {first:.0f} MB, and {', '.join(f'{mb:.0f}' for mb in others)} MB")


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    arguments = sys.argv[1:]
    if arguments[:1] == ["memory"]:
        memory(int(arguments[1]) if arguments[1:] else 10_000)
    else:
        measure(int(arguments[0]) if arguments else _ROUNDS)


if __name__ == "__main__":
    main()
