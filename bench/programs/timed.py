"""Prints what a warm program takes, in seconds of the processor: python timed.py MODULE FUNCTION CALLS."""

from __future__ import annotations

import sys
import time
import warnings
from importlib import import_module
from pathlib import Path
from statistics import median

import torch

sys.path.insert(0, str(Path(__file__).parent))

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    function = getattr(import_module(sys.argv[1]), sys.argv[2])
    times = []
    for _ in range(int(sys.argv[3]) + 2):
        torch.manual_seed(0)
        begin = time.process_time()
        function()
        times.append(time.process_time() - begin)
    print(median(times[2:]))
