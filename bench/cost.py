"""What a million words cost: AWS's list price for the time measured here, the original's way beside ours.

    python -m bench.cost

The original's way and ours sample from the five likeliest words. They alternate on one thread, and what counts is the
processor's time: a function with the template's memory has a processor of its own. Nothing was run on AWS: this is the
price of as many seconds there, as if its processors were this machine's. Left out: requests ($0.20 a million), API
Gateway, cold starts, and the free tier.
"""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable

import torch

from bench.words import original_way, writer_way
from coldopen.bundle.read import read_bundle
from coldopen.sampling import Sampling
from coldopen.writer import Writer
from local.runtime import MEMORY_MB, SHIPPED_BUNDLE

PRICES = {"x86_64": 0.0000166667, "arm64": 0.0000133334}
"""Dollars per GB and second: Lambda's list price in us-east-1, first tier (aws.amazon.com/lambda/pricing)."""

_RUNS = 15
_WORDS = 1_000_000
_MB_PER_GB = 1024


def processor_ms_per_word(write: Callable[[int], None], length: int) -> float:
    """Processor time of one run of `length` words."""
    begun = time.process_time()
    write(length)
    return (time.process_time() - begun) * 1000 / length


def dollars(ms_per_word: float, price: float) -> float:
    """The price of a million words."""
    return _WORDS * ms_per_word / 1000 * MEMORY_MB / _MB_PER_GB * price


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    bundle = read_bundle(str(SHIPPED_BUNDLE))
    writer = Writer(bundle)
    ways = {
        "the original's way": (original_way(bundle), 30),
        "ours": (writer_way(writer), 300),
        "ours, default sampling": (writer_way(writer, Sampling()), 300),
    }
    for write, length in ways.values():
        write(length)
    runs = [[processor_ms_per_word(*way) for way in ways.values()] for _ in range(_RUNS)]
    medians = dict(zip(ways, map(statistics.median, zip(*runs, strict=True)), strict=True))
    print(
        f"Times from this machine ({platform.machine()}), {_RUNS} alternating runs, medians; {MEMORY_MB} MB, us-east-1"
    )
    print(f"| | {' | '.join(ways)} |\n| --- | ---: | ---: | ---: |")
    rows = {
        "ms per word": [f"{ms:.2f}" for ms in medians.values()],
        "words per second": [f"{1000 / ms:,.0f}" for ms in medians.values()],
    }
    for architecture, price in PRICES.items():
        name = f"a million words, {architecture}, ${price:.10f} per GB and second"
        rows[name] = [f"${dollars(ms, price):.4f}" for ms in medians.values()]
    for name, cells in rows.items():
        print(f"| {name} | {' | '.join(cells)} |")
    for name, ratios in {
        "the original's way / ours": [original / ours for original, ours, _ in runs],
        "default sampling / ours": [default / ours for _, ours, default in runs],
    }.items():
        print(f"{name} {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
