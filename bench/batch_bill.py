"""What a batch of scripts of 300 words takes and costs on AWS, by how many copies of the function write at once.

    python -m bench.batch_bill [WORDS_PER_S]

It is arithmetic on AWS's list prices in us-east-1 and on the words per second of one process (`bench.batch`), as if
AWS's processors were this machine's. Nothing was run on AWS. Left out: the free tiers, what leaves AWS's network, and
how quickly Step Functions and Lambda start what they start.
"""

from __future__ import annotations

import math
import sys

from bench.bill import GIGABYTES, LOG_BYTES, LOGGED, REQUEST, START_S, WORDS
from bench.cost import PRICES
from training.batch.cut import MAX_WORDS

WORDS_PER_S = 4880.0
"""Of one process with many texts in step: `python -m bench.batch` on an AMD EPYC, 7 rounds."""

TRANSITION = 25e-6
"""Dollars per state transition of a Standard workflow (aws.amazon.com/step-functions/pricing)."""
TRANSITIONS = 3
"""Of a batch: its own execution's start, and the states Write and Keep."""
PUT, GET = 5e-6, 0.4e-6
"""Dollars per request of S3 Standard (aws.amazon.com/s3/pricing)."""

SCRIPTS = (1_000, 100_000, 1_000_000)
AT_ONCE = (10, 100, 1_000)


def num_batches(scripts: int) -> int:
    """How many batches so many scripts are."""
    return math.ceil(scripts / (MAX_WORDS // WORDS))


def seconds(scripts: int, at_once: int, words_per_s: float = WORDS_PER_S) -> float:
    """From the start to the last batch: rounds of whole batches, the first with a start of the function."""
    each = min(scripts, MAX_WORDS // WORDS) * WORDS / words_per_s
    return math.ceil(num_batches(scripts) / at_once) * each + START_S


def dollars(scripts: int, at_once: int, words_per_s: float = WORDS_PER_S) -> dict[str, float]:
    """The price, by what it is for."""
    batches = num_batches(scripts)
    writing = scripts * WORDS / words_per_s + min(batches, at_once) * START_S
    return {
        "Lambda": writing * GIGABYTES * PRICES["x86_64"] + batches * (REQUEST + LOGGED * LOG_BYTES / 1e9),
        "Step Functions": batches * TRANSITIONS * TRANSITION,
        "S3": batches * (PUT + GET),
    }


def table(words_per_s: float = WORDS_PER_S) -> str:
    """Time by scripts and by copies at once, and the price with 10 at once."""
    head = " | ".join(f"{count:,} at once" for count in AT_ONCE)
    parts = " | ".join(dollars(1, 1))
    lines = [f"| scripts | {head} | dollars | {parts} |", "| ---: |" + " ---: |" * (len(AT_ONCE) + 1 + 3)]
    for scripts in SCRIPTS:
        times = [_time(seconds(scripts, count, words_per_s)) for count in AT_ONCE]
        prices = dollars(scripts, AT_ONCE[0], words_per_s)
        cells = [*times, f"{sum(prices.values()):.3f}", *(f"{price:.3f}" for price in prices.values())]
        lines.append(f"| {scripts:,} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _time(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def main() -> None:
    """Compute and print."""
    print(table(float(sys.argv[1]) if len(sys.argv) > 1 else WORDS_PER_S))


if __name__ == "__main__":
    main()
