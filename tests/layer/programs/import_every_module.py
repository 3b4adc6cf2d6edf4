"""Imports each module that the torch on the path has; prints those that can't be imported."""

import importlib
import pathlib
import sys

import torch

folder = pathlib.Path(torch.__file__).parent
for path in sorted(folder.rglob("*.py")):
    name = ".".join(path.relative_to(folder.parent).with_suffix("").parts).removesuffix(".__init__")
    try:
        importlib.import_module(name)
    except Exception as error:
        print(name, repr(error))
print("torch.nn.modules.rnn" in sys.modules)
