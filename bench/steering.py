"""What steering costs a word, as ratios to a script without it.

    python -m bench.steering [BUNDLE]

All ways alternate in one run, on one thread, with the default sampling; scripts of 300 words, the preview made before.
A script that ends early, or goes on to a sentence's end, is timed by the words that it has.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import torch

from coldopen.bundle.read import read_bundle
from coldopen.request import read_generate_request
from coldopen.sampling import Sampling
from coldopen.task import read_task
from coldopen.writer import Writer
from local.runtime import SHIPPED_BUNDLE

_RUNS = 15
_LENGTH = 300
_PREVIEW_WORDS = 400

Way = Callable[[int], float]


def way(writer: Writer, prime: str, **fields: object) -> Way:
    """Returns a function that writes a script from a seed and returns its milliseconds per word."""
    asked = {"prime": prime, "length": _LENGTH, **fields}

    def write(seed: int) -> float:
        begun = time.perf_counter()
        request = read_generate_request(asked, _LENGTH, len(writer.vocabulary))
        task = read_task(request, writer.lexicon, writer.copies)
        written = writer.write(task.prime_words, request.length, request.sampling, seed, steering=task.steering)
        return (time.perf_counter() - begun) * 1000 / max(1, written.length)

    return write


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    writer = Writer(read_bundle(sys.argv[1] if len(sys.argv) > 1 else str(SHIPPED_BUNDLE)))
    names = writer.lexicon.names
    prime, cast = names[0], names[:3]
    ways = {
        "no steering": way(writer, prime),
        "end: sentence": way(writer, prime, end="sentence"),
        "end: line": way(writer, prime, end="line"),
        "lines: 1,000": way(writer, prime, lines=_LENGTH),
        "stop: a word that does not come": way(writer, prime, stop=[" ".join(reversed(names[:3]))]),
        f"cast: {', '.join(cast)}": way(writer, prime, cast=cast),
        "no_repeat: 6": way(writer, prime, no_repeat=6),
    }
    if writer.copies():
        ways["no_copy: 8"] = way(writer, prime, no_copy=8)
        ways["all of them"] = way(writer, prime, end="sentence", cast=cast, no_repeat=6, no_copy=8)
    writer.write([f"{prime}:"], _PREVIEW_WORDS, Sampling(), seed=1)
    times: dict[str, list[float]] = {name: [] for name in ways}
    for seed in range(_RUNS):
        for name, write in ways.items():
            times[name].append(write(seed))
    plain = times["no steering"]
    print(f"no steering: {statistics.median(plain):.2f} ms a word ({min(plain):.2f} to {max(plain):.2f})")
    for name, values in list(times.items())[1:]:
        ratios = [value / base for value, base in zip(values, plain, strict=True)]
        print(f"{name}: {statistics.median(ratios):.2f} of it ({min(ratios):.2f} to {max(ratios):.2f}), {_RUNS} runs")


if __name__ == "__main__":
    main()
