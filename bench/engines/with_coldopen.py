"""Writes with our engine, from a bundle: see `bench.engines.end_to_end`."""

from __future__ import annotations

import gc
import sys
import warnings

from bench.engines.end_to_end import Text, now, report

gc.disable()
warnings.filterwarnings("ignore", "Failed to initialize NumPy")
begun = now()

import torch

from coldopen.bundle.read import read_bundle
from coldopen.engine import DecoderState, Engine

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


with torch.inference_mode():
    report(begin, begun, imported)
