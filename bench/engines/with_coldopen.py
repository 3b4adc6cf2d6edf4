"""Writes with our engine, from a bundle: see `bench.engines.end_to_end`."""

from __future__ import annotations

import gc
import random
import sys
import warnings

from bench.engines.end_to_end import FIRST, Text, now, report

gc.disable()
warnings.filterwarnings("ignore", "Failed to initialize NumPy")
begun = now()

import torch

from coldopen.ahead import MOST, next_words
from coldopen.bundle.read import read_bundle
from coldopen.engine import DecoderState, Engine
from coldopen.linear import quickly
from coldopen.sampling import Sampling

_SAMPLING = Sampling(temperature=1.0, top_k=5)
imported = now()
torch.set_num_threads(1)
bundle = read_bundle(sys.argv[1])
engine = Engine(bundle.manifest.network, bundle.serving())


def begin() -> Text:
    """See `end_to_end.Text`."""
    state = DecoderState(engine)

    def read(word: int) -> tuple[list[float], list[int]]:
        state.step(word)
        return state.top(5)[0]

    return read


def write(words: int) -> list[int]:
    """See `end_to_end.Write`; ours draws some words before it looks at all of them."""
    state, rng, ids = DecoderState(engine), random.Random(1), [FIRST]
    while len(ids) <= words:
        uniforms = [rng.random() for _ in range(min(MOST, words + 1 - len(ids)))]
        ids += next_words(state, ids[-1], _SAMPLING, uniforms)
    return ids


with quickly():
    report(begin, begun, imported, write)
