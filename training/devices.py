"""Where a training computes: one device per process, and the processes that train together."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from coldopen.errors import ColdOpenError

_Result = TypeVar("_Result")


class DeviceError(ColdOpenError):
    """The device that was asked for, or that the machine has, can't be used."""


@dataclass(frozen=True, slots=True)
class Workers:
    """The processes that train together (one, unless torchrun started more); this is number `rank`."""

    rank: int
    count: int
    device: torch.device

    @property
    def leads(self) -> bool:
        """Whether this process prints and writes files."""
        return self.rank == 0

    def describe(self) -> str:
        """The line that names the device."""
        if self.device.type == "cuda":
            name, precision = torch.cuda.get_device_name(self.device), str(amp_dtype()).removeprefix("torch.")
            return f"training on {self.count} x {name} (cuda), mixed precision in {precision}"
        each = f"{torch.get_num_threads()} threads"
        return f"training on the CPU ({each if self.count == 1 else f'{self.count} processes of {each}'})"

    def leader_first(self, work: Callable[[], _Result]) -> _Result:
        """Let process 0 do something before the others do, so that they find the files it leaves.

        If it fails there, the others end too, without a word: process 0 says why.
        """
        result, fault = None, None
        if self.leads:
            try:
                result = work()
            except (ColdOpenError, OSError) as error:
                fault = error
        failures = self.sum(torch.tensor([float(fault is not None)], device=self.device))  # the others wait here
        if fault is not None:
            raise fault
        if failures:
            raise SystemExit(1)
        return work() if result is None else result

    def sum(self, tensor: Tensor) -> Tensor:
        """Add up a tensor over all processes, in place."""
        if self.count > 1:
            dist.all_reduce(tensor)
        return tensor


@contextmanager
def workers(device: str) -> Iterator[Workers]:
    """Join the processes that torchrun started, if it did.

    Args:
        device: `auto`, `cpu` or `cuda`.

    Raises:
        DeviceError: if CUDA is asked for and not there, or a GPU is there that torch can't use and nobody
            asked for the CPU, or torchrun started more processes than there are GPUs.
    """
    chosen = _choose(device)
    count, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
    if chosen == "cuda":
        # a run that resumes must end with the weights of one that was not stopped
        # (PyTorch documentation, "Reproducibility"; cuBLAS wants its variable before it starts)
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True, warn_only=True)
        processes, gpus = int(os.environ.get("LOCAL_WORLD_SIZE", "1")), torch.cuda.device_count()
        if processes > gpus:
            raise DeviceError(
                f"{processes} processes need {processes} GPUs, and there are {gpus}: lower --nproc-per-node"
            )
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    if count > 1:
        dist.init_process_group("nccl" if chosen == "cuda" else "gloo")
    try:
        yield Workers(rank, count, torch.device(chosen))
    finally:
        if count > 1:
            dist.destroy_process_group()


def amp_dtype() -> torch.dtype:
    """bfloat16 where the GPU computes in it, else float16."""
    return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether an error of torch says that memory ran out: cuDNN, cuBLAS and the CPU have words of their own."""
    signs = ("out of memory", "ALLOC_FAILED", "ALLOCATION_FAILED", "can't allocate memory")
    return isinstance(error, torch.OutOfMemoryError) or any(sign in str(error) for sign in signs)


def _choose(device: str) -> str:
    if device == "cpu":
        return "cpu"
    if torch.cuda.is_available():
        return "cuda"
    if device == "cuda":
        raise DeviceError(f"torch {torch.__version__} finds no CUDA device; install the CUDA build or use --device cpu")
    if _gpu_is_here():
        raise DeviceError(
            f"this machine has a GPU, but torch {torch.__version__} can't use it: run `make clean install` to get "
            "the CUDA build, or say --device cpu to train on the CPU all the same"
        )
    return "cpu"


def _gpu_is_here() -> bool:
    program = shutil.which("nvidia-smi")
    return bool(program) and subprocess.run([str(program), "-L"], capture_output=True, check=False).returncode == 0
