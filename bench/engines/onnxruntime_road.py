"""From nothing to the last word with onnxruntime; then as many words again. Prints where the time went, as JSON.

python onnxruntime_road.py MODEL.ort WORDS
"""

from __future__ import annotations

import gc
import random
import sys
import time

from bench.engines.road import tell

gc.disable()
begun = time.perf_counter()

import numpy as np
import onnxruntime

imported = time.perf_counter()
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
names = [value.name for value in session.get_inputs()]


def write() -> list[int]:
    states = [np.zeros(value.shape, np.float32) for value in session.get_inputs()[1:]]
    chance, words = random.Random(1), [1]
    for _ in range(int(sys.argv[2])):
        logits, candidates, *states = session.run(None, dict(zip(names, [np.array(words[-1:]), *states], strict=True)))
        shares = np.exp(logits[0] - logits[0, 0]).tolist()
        words.append(chance.choices(candidates[0].tolist(), shares)[0])
    return words


tell(write, begun, imported)
