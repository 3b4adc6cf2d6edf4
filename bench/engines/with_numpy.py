"""Writes with numpy in float32, from a folder of .npy files: see `bench.engines.end_to_end`.

numpy has no product of int8 matrices that uses the processor's instructions for it, so float32 is its fastest. All
gates of a layer are one product, and nothing large is allocated for a word.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path

from bench.engines.end_to_end import Text, now, report

gc.disable()
begun = now()

import numpy as np

imported = now()
folder = Path(sys.argv[1])
embedding, bias = np.load(folder / "embedding.npy"), np.load(folder / "output_bias.npy")
output = np.load(folder / "output.npy") if (folder / "output.npy").exists() else embedding
layers = [
    [np.load(folder / f"{name}{layer}.npy") for name in ("weight", "bias", "projection")]
    for layer in range(len(list(folder.glob("weight*.npy"))))
]
scores = np.empty(len(output), np.float32)


def begin() -> Text:
    """See `end_to_end.Text`."""
    output_size, hidden_sizes = output.shape[1], [len(offset) // 4 for _, offset, _ in layers]
    states = [(np.zeros(output_size, np.float32), np.zeros(size, np.float32)) for size in hidden_sizes]

    def read(word: int) -> tuple[list[float], list[int]]:
        x = embedding[word]
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
        return scores[likeliest].tolist(), likeliest.tolist()

    return read


report(begin, begun, imported)
