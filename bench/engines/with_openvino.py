"""Writes with OpenVINO, from a model in its own format: see `bench.engines.end_to_end`."""

from __future__ import annotations

import gc
import sys

from bench.engines.end_to_end import Text, now, report

gc.disable()
begun = now()

import numpy as np
import openvino

imported = now()
settings = {"INFERENCE_NUM_THREADS": 1, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
model = openvino.Core().compile_model(sys.argv[1], "CPU", settings)
request = model.create_infer_request()


def begin() -> Text:
    """See `end_to_end.Text`."""
    states = [np.zeros(tuple(value.shape), np.float32) for value in model.inputs[1:]]

    def read(word: int) -> tuple[list[float], list[int]]:
        logits, words, *following = request.infer([np.array([word]), *states], share_inputs=True).to_tuple()
        states[:] = following
        return logits[0].tolist(), words[0].tolist()

    return read


report(begin, begun, imported)
