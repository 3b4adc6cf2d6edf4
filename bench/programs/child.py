"""Runs one program, and saves what it returns: python child.py MODULE FUNCTION FILE.

With a number in place of the file it prints what a warm call takes, in seconds of the processor: the median of as many.
"""

import random
import sys
import time
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

import numpy
import torch

sys.path.insert(0, str(Path(__file__).parent))


def flat(value: Any) -> list[torch.Tensor]:
    """The tensors of nested lists and tuples."""
    if isinstance(value, torch.Tensor):
        return [value.detach()]
    return [tensor for each in value for tensor in flat(each)]


def warm_seconds(program: Callable[[], Any], calls: int) -> float:
    """The median of `calls` calls, after two others."""
    times = []
    for _ in range(calls + 2):
        begin = time.process_time()
        program()
        times.append(time.process_time() - begin)
    return median(times[2:])


if __name__ == "__main__":
    module, function, file = sys.argv[1:]
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    # torchvision's own operators are compiled for CUDA in the wheels of the default index. Without them its Python part
    # can't be imported, unless the two are known that it registers functions for.
    for operator in ("nms", "qnms"):
        torch.library.define(f"torchvision::{operator}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    torch.manual_seed(0)
    random.seed(0)
    numpy.random.seed(0)
    program = getattr(import_module(module), function)
    if file.isdigit():
        print(warm_seconds(program, int(file)))
    else:
        torch.save(flat(program()), file)
