"""Runs a network for which the installed torch has computed an output.

IN holds its weights, words and that output; ours goes to OUT.
"""

import sys

import torch

weights, words, expected = torch.load(sys.argv[1], weights_only=True)
embedding, lstm, fc = torch.nn.Embedding(500, 20), torch.nn.LSTM(20, 32, 2, batch_first=True), torch.nn.Linear(32, 500)
torch.nn.ModuleDict({"embedding": embedding, "lstm": lstm, "fc": fc}).load_state_dict(weights)
with torch.inference_mode():
    found = fc(lstm(embedding(words))[0])
print("torch", torch.__version__)
print("equal", torch.allclose(found, expected, rtol=1e-5, atol=1e-6))
print("cuda", torch.cuda.is_available(), torch.cuda.device_count())
print("distributed", torch.distributed.is_available())
torch.save(found, sys.argv[2])
try:
    torch.zeros(1, device="cuda")
except (RuntimeError, AssertionError) as error:
    print("refused", str(error).split(".")[0])
print("foreign", [n for n, m in sys.modules.items() if "site-packages" in (getattr(m, "__file__", None) or "")])
