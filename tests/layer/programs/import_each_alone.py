"""Imports torch, and each module named in a file in a child of its own; prints those that can't be imported."""

import importlib
import os
import sys
from pathlib import Path

import torch  # noqa: F401

for name in Path(sys.argv[1]).read_text().split():
    child = os.fork()
    if not child:
        os.close(2)
        try:
            importlib.import_module(name)
        except BaseException as error:
            print(name, f"{type(error).__name__}: {error}".splitlines()[0], flush=True)
        os._exit(0)
    os.waitpid(child, 0)
