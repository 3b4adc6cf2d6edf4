"""Writes with stock torch as most people quantise: `quantize_dynamic`. So many words, then as many again, as JSON.

python with_quantize_dynamic.py WEIGHTS.pt WORDS

It has no LSTM with projections: then only the output layer is in int8.
"""

from __future__ import annotations

import gc
import random
import sys
import time
import warnings

from bench.engines.end_to_end import report

gc.disable()
warnings.simplefilter("ignore")
begun = time.perf_counter()

import torch
from torch import nn

imported = time.perf_counter()
torch.set_num_threads(1)
weights = torch.load(sys.argv[1])
words, embedding_dim = weights["embedding.weight"].shape
gates, output_size = weights["lstm.weight_hh_l0"].shape
layers = sum(name.startswith("lstm.weight_ih_l") for name in weights)
embedding = nn.Embedding(words, embedding_dim)
projection = output_size if "lstm.weight_hr_l0" in weights else 0
lstm = nn.LSTM(embedding_dim, gates // 4, layers, batch_first=True, proj_size=projection)
network = nn.ModuleDict({"embedding": embedding, "lstm": lstm, "fc": nn.Linear(output_size, words)})
network.load_state_dict(weights)
kinds: set[type[nn.Module]] = {nn.Linear} if projection else {nn.Linear, nn.LSTM}
network = torch.ao.quantization.quantize_dynamic(network.eval(), kinds, dtype=torch.qint8)  # type: ignore[no-untyped-call]


@torch.inference_mode()
def write() -> list[int]:
    rng, ids, state = random.Random(1), [1], None
    for _ in range(int(sys.argv[2])):
        hidden, state = network["lstm"](network["embedding"](torch.tensor([ids[-1:]])), state)
        values, candidates = network["fc"](hidden[0, -1:])[0].topk(5)
        ids.append(rng.choices(candidates.tolist(), values.softmax(dim=0).tolist())[0])
    return ids


report(write, begun, imported)
