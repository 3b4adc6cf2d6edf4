"""What a model's memory costs: the processor's time of a word with it, beside the same without it.

    python -m bench.memory [BUNDLE]

Scripts of as many seeds are written with and without it in turns, several times over; of each script the least time
counts, since other work only adds. With a memory other words are drawn, and words differ in what they cost, so the
figure is rough for few seeds. In scripts of 1,000 words the memory is full for more than half of the time. `reads` is a
memory that is never asked: its scripts are those without one.
"""

from __future__ import annotations

import sys
import time

import torch

from coldopen.bundle.read import read_bundle
from coldopen.sampling import Sampling
from coldopen.writer import Writer
from local.runtime import SHIPPED_BUNDLE

_SEEDS = range(24)
_TIMES = {300: 6, 1000: 2}  # by the words of a script
_TOP_KS = (5, 40)
_MEMORIES = {"without": 0.0, "reads": 1e-9, "with": None}


def ms_per_word(writer: Writer, length: int, sampling: Sampling, seed: int) -> float:
    """Milliseconds of the processor that a word of one script takes."""
    begun = time.process_time()
    writer.write(["jerry:"], length, sampling, seed)
    return (time.process_time() - begun) * 1000 / length


def least_ms(writer: Writer, length: int, top_k: int) -> dict[str, float]:
    """The mean over all seeds of the least that a word took, by the kind of memory."""
    samplings = {name: Sampling(1.0, top_k, memory=memory) for name, memory in _MEMORIES.items()}
    least = {name: [float("inf")] * len(_SEEDS) for name in samplings}
    for _ in range(_TIMES[length]):
        for seed in _SEEDS:
            for name, sampling in samplings.items():
                least[name][seed] = min(least[name][seed], ms_per_word(writer, length, sampling, seed))
    return {name: sum(times) / len(times) for name, times in least.items()}


def main() -> None:
    """Measure and print, a line for each length and number of likeliest words."""
    torch.set_num_threads(1)
    writer = Writer(read_bundle(sys.argv[1] if len(sys.argv) > 1 else str(SHIPPED_BUNDLE)))
    writer.prepare()
    for length in _TIMES:
        for top_k in _TOP_KS:
            least = least_ms(writer, length, top_k)
            ratios = ", ".join(f"{name} {least[name] / least['without']:.3f}" for name in ("with", "reads"))
            print(
                f"{length:,} words among {top_k}: {least['without']:.3f} ms a word without; {ratios} of that",
                flush=True,
            )


if __name__ == "__main__":
    main()
