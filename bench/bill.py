"""What a thousand scripts cost, by what stands before the function, and what costs while nobody asks.

    python -m bench.bill

It is arithmetic on AWS's list prices in us-east-1 and on times measured here: a script's from the processor's time of
this run, a start's from `bench.init`. Nothing was run on AWS. Left out: the free tier, and what leaves AWS's network.
"""

from __future__ import annotations

import statistics

import torch

from bench.cost import PRICES, processor_ms_per_word
from bench.words import writer_way
from coldopen.bundle.read import read_bundle
from coldopen.sampling import Sampling
from coldopen.writer import Writer
from local.runtime import MEMORY_MB, SHIPPED_BUNDLE

REQUEST = 0.20e-6
"""Dollars per invocation of Lambda (aws.amazon.com/lambda/pricing)."""
FRONTS = {"REST API": 3.50e-6, "HTTP API": 1.00e-6, "function URL": 0.0}
"""Dollars per request (aws.amazon.com/api-gateway/pricing), up to 300 million a month."""
LOGGED = 0.50
"""Dollars per GB that CloudWatch takes in (aws.amazon.com/cloudwatch/pricing)."""
SNAPSHOT_KEPT, SNAPSHOT_RESTORED = 1.5046e-6, 1.397998e-4
"""SnapStart for Python: dollars per GB and second that a snapshot is kept, and per GB restored."""
PROVISIONED = 4.1667e-6
"""Provisioned concurrency, x86_64: dollars per GB and second that a copy is held ready."""

WORDS = 300
START_S = 0.4  # INIT to the first word under Lambda's emulator, Intel Xeon (bench.init)
LOG_BYTES = 1200  # a request's line and Lambda's three, as counted in the emulator's log
MONTH_S = 30 * 24 * 3600
GIGABYTES = MEMORY_MB / 1024

_RUNS = 15


def thousand_scripts(seconds: float, front: str, architecture: str, cold_share: float) -> float:
    """Dollars for a thousand requests.

    Args:
        seconds: what one takes.
        front: a name of `FRONTS`.
        cold_share: the share of requests that wait for a start, which is billed since August 2025.
    """
    running = (seconds + cold_share * START_S) * GIGABYTES * PRICES[architecture]
    return 1000 * (running + REQUEST + FRONTS[front] + LOGGED * LOG_BYTES / 1e9)


def hour_at(copies: float, architecture: str = "x86_64") -> float:
    """Dollars for so many copies that write without a pause for an hour."""
    return copies * 3600 * GIGABYTES * PRICES[architecture]


def month_of_snapshot() -> float:
    """Dollars for keeping one version's snapshot for 30 days."""
    return MONTH_S * GIGABYTES * SNAPSHOT_KEPT


def month_of_provisioned() -> float:
    """Dollars for one copy that is held ready for 30 days, before it answers anything."""
    return MONTH_S * GIGABYTES * PROVISIONED


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    write = writer_way(Writer(read_bundle(str(SHIPPED_BUNDLE))), Sampling())
    write(WORDS)
    ms = statistics.median(processor_ms_per_word(write, WORDS) for _ in range(_RUNS))
    seconds = ms * WORDS / 1000
    print(f"A script of {WORDS} words, default sampling: {seconds:.2f} s of this machine's processor, {_RUNS} runs\n")
    print("| 1,000 scripts | x86_64 | arm64, if as fast | x86_64, each a cold start |\n| --- | ---: | ---: | ---: |")
    for front in FRONTS:
        warm = [thousand_scripts(seconds, front, architecture, 0.0) for architecture in ("x86_64", "arm64")]
        cells = [f"${dollars:.4f}" for dollars in (*warm, thousand_scripts(seconds, front, "x86_64", 1.0))]
        print(f"| {front} | {' | '.join(cells)} |")
    print(f"\nAn hour of 1,000 copies that write without a pause: ${hour_at(1000):.0f}")
    print(f"An hour of one request a second that takes 28.5 s: ${hour_at(28.5):.2f}")
    print(f"SnapStart: ${month_of_snapshot():.2f} a month for a version, ", end="")
    print(f"${1000 * GIGABYTES * SNAPSHOT_RESTORED:.2f} for 1,000 restores")
    print(f"Provisioned concurrency: ${month_of_provisioned():.2f} a month for one copy")


if __name__ == "__main__":
    main()
