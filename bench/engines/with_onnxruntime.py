"""Writes with onnxruntime: so many words from a new process, then as many again. Prints the times, as JSON.

python with_onnxruntime.py MODEL.ort WORDS
"""

from __future__ import annotations

import gc
import random
import sys
import time

from bench.engines.end_to_end import report

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
    rng, ids = random.Random(1), [1]
    for _ in range(int(sys.argv[2])):
        logits, candidates, *states = session.run(None, dict(zip(names, [np.array(ids[-1:]), *states], strict=True)))
        shares = np.exp(logits[0] - logits[0, 0]).tolist()
        ids.append(rng.choices(candidates[0].tolist(), shares)[0])
    return ids


report(write, begun, imported)
