"""From nothing to the last word with numpy in float32; then as many words again. Prints where the time went, as JSON.

    python numpy_road.py FOLDER_OF_NPY WORDS

numpy has no product of int8 matrices that uses the processor's instructions for it, so float32 is its fastest. Gates
are fused, the weights of a layer side by side, and nothing large is allocated for a word.
"""

from __future__ import annotations

import gc
import random
import sys
import time
from pathlib import Path

from bench.engines.road import tell

gc.disable()
begun = time.perf_counter()

import numpy as np

imported = time.perf_counter()
folder = Path(sys.argv[1])
embedding, output, bias = (np.load(folder / f"{name}.npy") for name in ("embedding", "output", "output_bias"))
layers = [
    [np.load(folder / f"{name}{n}.npy") for name in ("weight", "bias", "projection")]
    for n in range(len(list(folder.glob("weight*.npy"))))
]
scores = np.empty(len(output), np.float32)


def write() -> list[int]:
    states = [(np.zeros(output.shape[1], np.float32), np.zeros(len(b) // 4, np.float32)) for _, b, _ in layers]
    chance, words = random.Random(1), [1]
    for _ in range(int(sys.argv[2])):
        x = embedding[words[-1]]
        for n, (weight, offset, projection) in enumerate(layers):
            h, c = states[n]
            gates = weight @ np.concatenate([x, h])
            gates += offset
            sigmoid = 1 / (1 + np.exp(-gates))  # the candidate's rows are doubled: tanh(x) = 2 sigmoid(2 x) - 1
            ingoing, forget, candidate, outgoing = sigmoid.reshape(4, -1)
            c = forget * c + ingoing * (2 * candidate - 1)
            x = outgoing * np.tanh(c)
            if len(projection):
                x = projection @ x
            states[n] = x, c
        np.dot(output, x, out=scores)
        np.add(scores, bias, out=scores)
        likeliest = np.argpartition(scores, -5)[-5:]
        shares = np.exp(scores[likeliest] - scores[likeliest].max()).tolist()
        words.append(chance.choices(likeliest.tolist(), shares)[0])
    return words


tell(write, begun, imported)
