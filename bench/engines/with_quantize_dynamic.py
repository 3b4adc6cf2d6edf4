"""Writes with stock torch as most people quantise, `quantize_dynamic`: see `bench.engines.end_to_end`.

The quantised module is one that was saved whole.
"""

from __future__ import annotations

import gc
import sys
import warnings

from bench.engines.end_to_end import Text, now, report

gc.disable()
warnings.simplefilter("ignore")
begun = now()

import torch

imported = now()
torch.set_num_threads(1)
network = torch.load(sys.argv[1], weights_only=False)


def begin() -> Text:
    """See `end_to_end.Text`."""
    state = None

    def read(word: int) -> tuple[list[float], list[int]]:
        nonlocal state
        hidden, state = network["lstm"](network["embedding"](torch.tensor([[word]])), state)
        scores, words = network["fc"](hidden[0, -1:])[0].topk(5)
        return scores.tolist(), words.tolist()

    return read


with torch.inference_mode():
    report(begin, begun, imported)
