"""Milliseconds per word: the seed's way of generating against the writer's, alternating, one thread.

    python -m bench.words [BUNDLE]

The seed re-ran its last ten words from a zero state for each new word, and computed the output layer for all
ten. The writer carries the state on. Both sample from the five likeliest words.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import torch

from coldopen.bundle import Bundle, read_bundle
from coldopen.network import serving_network
from coldopen.sampling import Sampling
from coldopen.writer import Writer
from local.runtime import SHIPPED_BUNDLE

_RUNS = 7
_WINDOW = 10


def seed_way(bundle: Bundle) -> Callable[[int], None]:
    """Returns a function that writes so many words as the seed did."""
    network = serving_network(bundle.manifest.network, bundle.state_dict)

    @torch.inference_mode()
    def write(length: int) -> None:
        words = bundle.vocabulary.ids(["jerry:"]) * _WINDOW
        for _ in range(length):
            logits, _ = network(torch.tensor([words[-_WINDOW:]]))  # (1, window, vocabulary_size)
            values, candidates = torch.softmax(logits[0, -1], dim=0).topk(5)
            words.append(int(candidates[torch.multinomial(values, 1)]))

    return write


def writer_way(bundle: Bundle) -> Callable[[int], None]:
    """Returns a function that writes so many words as the service does."""
    writer = Writer(bundle)

    def write(length: int) -> None:
        writer.write(["jerry:"], length, Sampling(), seed=1)

    return write


def ms_per_word(write: Callable[[int], None], length: int) -> float:
    """Time one run of `length` words."""
    begun = time.perf_counter()
    write(length)
    return (time.perf_counter() - begun) * 1000 / length


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    bundle = read_bundle(sys.argv[1] if len(sys.argv) > 1 else str(SHIPPED_BUNDLE))
    ways = {"seed's way": (seed_way(bundle), 30), "writer": (writer_way(bundle), 100)}
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(_RUNS):
        for name, (write, length) in ways.items():
            times[name].append(ms_per_word(write, length))
    for name, values in times.items():
        print(f"{name:<12} {min(values):6.2f} ms per word at best, {statistics.median(values):6.2f} at the median")
    ratios = [seed / ours for seed, ours in zip(*times.values(), strict=True)]
    spread = f"from {min(ratios):.2f} to {max(ratios):.2f}, {_RUNS} runs"
    print(f"seed's way / writer: {statistics.median(ratios):.2f} ({spread})")


if __name__ == "__main__":
    main()
