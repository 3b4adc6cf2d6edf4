"""Writes with numpy in float32: so many words from a new process, then as many again. Prints the times, as JSON.

    python with_numpy.py FOLDER_OF_NPY WORDS

numpy has no product of int8 matrices that uses the processor's instructions for it, so float32 is its fastest. All
gates of a layer are one product, and nothing large is allocated for a word.
"""

from __future__ import annotations

import gc
import random
import sys
import time
from pathlib import Path

from bench.engines.end_to_end import report

gc.disable()
begun = time.perf_counter()

import numpy as np

imported = time.perf_counter()
folder = Path(sys.argv[1])
embedding, output, bias = (np.load(folder / f"{name}.npy") for name in ("embedding", "output", "output_bias"))
layers = [
    [np.load(folder / f"{name}{layer}.npy") for name in ("weight", "bias", "projection")]
    for layer in range(len(list(folder.glob("weight*.npy"))))
]
scores = np.empty(len(output), np.float32)


def write() -> list[int]:
    output_size, hidden_sizes = output.shape[1], [len(offset) // 4 for _, offset, _ in layers]
    states = [(np.zeros(output_size, np.float32), np.zeros(size, np.float32)) for size in hidden_sizes]
    rng, ids = random.Random(1), [1]
    for _ in range(int(sys.argv[2])):
        x = embedding[ids[-1]]
        for layer, (weight, offset, projection) in enumerate(layers):
            h, c = states[layer]
            gates = weight @ np.concatenate([x, h])
            gates += offset
            sigmoid = 1 / (1 + np.exp(-gates))  # the candidate's rows are doubled: tanh(x) = 2 sigmoid(2 x) - 1
            input_gate, forget_gate, candidate, output_gate = sigmoid.reshape(4, -1)
            c = forget_gate * c + input_gate * (2 * candidate - 1)
            x = output_gate * np.tanh(c)
            if len(projection):
                x = projection @ x
            states[layer] = x, c
        np.dot(output, x, out=scores)
        np.add(scores, bias, out=scores)
        likeliest = np.argpartition(scores, -5)[-5:]
        shares = np.exp(scores[likeliest] - scores[likeliest].max()).tolist()
        ids.append(rng.choices(likeliest.tolist(), shares)[0])
    return ids


report(write, begun, imported)
