"""Writes with our engine: so many words from a new process, then as many again. Prints the times, as JSON.

python with_coldopen.py BUNDLE WORDS
"""

from __future__ import annotations

import gc
import sys
import time
import warnings

from bench.engines.end_to_end import report

gc.disable()
warnings.filterwarnings("ignore", "Failed to initialize NumPy")
begun = time.perf_counter()

import torch

from coldopen.bundle.read import read_bundle
from coldopen.sampling import Sampling
from coldopen.writer import Writer

imported = time.perf_counter()
torch.set_num_threads(1)
writer = Writer(read_bundle(sys.argv[1]))


def write() -> list[int]:
    words = writer.write([writer.vocabulary.words[1]], int(sys.argv[2]), Sampling(1.0, top_k=5), seed=1).words
    return writer.vocabulary.ids(words)


report(write, begun, imported)
