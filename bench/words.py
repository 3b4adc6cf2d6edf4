"""Milliseconds per word on one thread: the original's way, the plain network with its state carried, and the writer.

    python -m bench.words [BUNDLE]

The ways alternate in one run. For each new word, the original ran its last ten words from a zero state, and computed
the output layer for all ten. The plain network in float32 can carry its state from word to word instead. The writer
does too, with the engine's int8 weights and preview. All sample from the five likeliest words. The writer is also timed
on two threads, for functions that have so much memory that Lambda gives them two processors.
"""

from __future__ import annotations

import gc
import random
import resource
import statistics
import sys
import time
from collections.abc import Callable

import torch

from coldopen.bundle.content import Bundle
from coldopen.bundle.read import read_bundle
from coldopen.engine import DecoderState, Engine
from coldopen.linear import Linear
from coldopen.network import serving_network
from coldopen.output_layer import OutputLayer
from coldopen.sampling import Sampling, sample
from coldopen.writer import Writer
from local.runtime import SHIPPED_BUNDLE

_RUNS = 15
_WINDOW = 10
_LIKELIEST = 5
_SAMPLING = Sampling(temperature=1.0, top_k=_LIKELIEST)


def original_way(bundle: Bundle) -> Callable[[int], None]:
    """Returns a function that writes so many words as the original did."""
    network = serving_network(bundle.manifest.network, bundle.state_dict())

    @torch.inference_mode()
    def write(length: int) -> None:
        ids = bundle.vocabulary.ids(["jerry:"]) * _WINDOW
        for _ in range(length):
            logits, _ = network(torch.tensor([ids[-_WINDOW:]]))  # (1, window, vocabulary_size)
            values, candidates = torch.softmax(logits[0, -1], dim=0).topk(_LIKELIEST)
            ids.append(int(candidates[torch.multinomial(values, 1)]))

    return write


def carried_way(bundle: Bundle) -> Callable[[int], None]:
    """Returns a function that writes so many words with the plain network, its state carried from word to word."""
    network = serving_network(bundle.manifest.network, bundle.state_dict())

    @torch.inference_mode()
    def write(length: int) -> None:
        latest, state = bundle.vocabulary.id("jerry:"), None
        for _ in range(length):
            logits, state = network(torch.tensor([[latest]]), state)  # (1, 1, vocabulary_size)
            values, candidates = logits[0, 0].topk(_LIKELIEST)
            latest = int(candidates[torch.multinomial(values.softmax(dim=0), 1)])

    return write


def writer_way(writer: Writer, sampling: Sampling = _SAMPLING) -> Callable[[int], None]:
    """Returns a function that writes so many words as the service does."""

    def write(length: int) -> None:
        writer.write(["jerry:"], length, sampling, seed=1)

    return write


def with_threads(threads: int, write: Callable[[int], None]) -> Callable[[int], None]:
    """Returns a function that does the same with so many threads."""

    def way(length: int) -> None:
        torch.set_num_threads(threads)
        write(length)
        torch.set_num_threads(1)

    return way


def ms_per_word(write: Callable[[int], None], length: int) -> float:
    """Time one run of `length` words."""
    begun = time.perf_counter()
    write(length)
    return (time.perf_counter() - begun) * 1000 / length


def peak_mb() -> float:
    """The most memory that this process has held so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def further_share(engine: Engine, length: int) -> tuple[float, float]:
    """The share of words for which the preview left more than the first block to score; and how many more, per word."""
    scored: list[int] = []

    def counted(block: Linear) -> Linear:
        def score(hidden: torch.Tensor) -> torch.Tensor:
            scored[-1] += 1
            return block(hidden)

        return score

    layer = engine.output_layer
    counting = OutputLayer(
        layer.first, layer.first_size, [*map(counted, layer.further)], layer.block_size, layer.preview
    )
    with torch.inference_mode():
        state, latest, rng = DecoderState(engine), 1, random.Random(1)
        for _ in range(length):
            scored.append(0)
            state.step(latest)
            ((logits, ids),) = counting.top(state.output, _LIKELIEST)
            latest = ids[sample(logits, _SAMPLING, rng.random())]
    return sum(map(bool, scored)) / length, sum(scored) / length


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    bundle = read_bundle(sys.argv[1] if len(sys.argv) > 1 else str(SHIPPED_BUNDLE))
    held = peak_mb()
    begun = time.process_time()
    writer = Writer(bundle)
    built_ms = (time.process_time() - begun) * 1000
    begun = time.process_time()
    writer.prepare()  # now, not amid the first run
    prepared_ms = (time.process_time() - begun) * 1000
    print(f"{writer.engine}: {built_ms:.0f} ms of the processor to build, {prepared_ms:.0f} more for all blocks")
    print(f"{peak_mb() - held:.0f} MB above the {held:.0f} before it")
    ways = {
        "original's way": (original_way(bundle), 30),
        "carried fp32": (carried_way(bundle), 60),
        "writer": (writer_way(writer), 300),
        "two threads": (with_threads(2, writer_way(writer)), 60),
    }
    gc.freeze()  # as the function does once it has started; for all ways alike
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(_RUNS):
        for name, (write, length) in ways.items():
            times[name].append(ms_per_word(write, length))
    for name, values in times.items():
        print(f"{name:<14} {min(values):7.3f} ms per word at best, {statistics.median(values):7.3f} at the median")
    for name in ("original's way", "carried fp32", "two threads"):
        ratios = [slow / fast for slow, fast in zip(times[name], times["writer"], strict=True)]
        spread = f"from {min(ratios):.2f} to {max(ratios):.2f}, {_RUNS} runs"
        print(f"{name} / writer: {statistics.median(ratios):.2f} ({spread})")
    share, blocks = further_share(writer._engine, 3000)
    print(f"more than the first block of words was scored for {share:.1%} of 3,000 words: {blocks:.2f} blocks a word")


if __name__ == "__main__":
    main()
