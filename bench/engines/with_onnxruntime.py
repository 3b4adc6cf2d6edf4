"""Writes with onnxruntime, from a file in its own format: see `bench.engines.end_to_end`."""

from __future__ import annotations

import gc
import sys

from bench.engines.end_to_end import Text, now, report

gc.disable()
begun = now()

import numpy as np
import onnxruntime

imported = now()
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
names = [value.name for value in session.get_inputs()]


def begin() -> Text:
    """See `end_to_end.Text`."""
    states = [np.zeros(value.shape, np.float32) for value in session.get_inputs()[1:]]

    def read(word: int) -> tuple[list[float], list[int]]:
        logits, words, *states[:] = session.run(None, dict(zip(names, [np.array([word]), *states], strict=True)))
        return logits[0].tolist(), words[0].tolist()

    return read


report(begin, begun, imported)
