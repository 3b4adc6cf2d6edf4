"""The processes that train together (one, unless torchrun started more), and the device that each computes on."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

from coldopen.errors import ColdOpenError
from training.fit.precision import autocast_dtype

_Result = TypeVar("_Result")


class DeviceError(ColdOpenError):
    """The device that was asked for, or that the machine has, can't be used."""


@dataclass(frozen=True, slots=True)
class ProcessGroup:
    """The processes that train together, as one of them sees them.

    Attributes:
        rank: this process's number, from 0.
        size: how many processes there are.
        device: what this process computes on.
    """

    rank: int
    size: int
    device: torch.device

    @property
    def is_main(self) -> bool:
        """Whether this is process 0, which alone prints and writes files."""
        return self.rank == 0

    def describe(self) -> str:
        """The line that names the device."""
        if self.device.type == "cuda":
            name, dtype = torch.cuda.get_device_name(self.device), str(autocast_dtype()).removeprefix("torch.")
            return f"training on {self.size} x {name} (cuda), mixed precision in {dtype}"
        count = torch.get_num_threads()
        threads = f"{count} thread{'s' if count > 1 else ''}"
        return f"training on the CPU ({threads if self.size == 1 else f'{self.size} processes of {threads}'})"

    def main_first(self, work: Callable[[], _Result]) -> _Result:
        """Let process 0 do something before the others do it, so that they find the files that it leaves.

        If it fails in process 0, the others end without a word, and process 0 raises the error.
        """
        result, fault = None, None
        if self.is_main:
            try:
                result = work()
            except (ColdOpenError, OSError) as error:
                fault = error
        (failures,) = self.sum_numbers(float(fault is not None))  # the others wait here
        if fault is not None:
            raise fault
        if failures:
            raise SystemExit(1)
        return work() if result is None else result

    @contextmanager
    def main_holds(self, context: AbstractContextManager[None]) -> Iterator[None]:
        """Let process 0 enter a context before any process goes on; a failure ends all, as in `main_first`."""
        with ExitStack() as held:

            def enter() -> bool:
                if self.is_main:
                    held.enter_context(context)
                return True

            self.main_first(enter)
            yield

    def shard(self, batch: Tensor) -> Tensor:
        """This process's rows of a batch: every `size`-th one, from its rank."""
        return batch[self.rank :: self.size]

    def sum(self, tensor: Tensor) -> Tensor:
        """Add up a tensor over all processes, in place."""
        if self.size > 1:
            dist.all_reduce(tensor)
        return tensor

    def sum_numbers(self, *numbers: float) -> list[float]:
        """Add up each of some numbers over all processes; one process alone need not wait for its device to do so."""
        if self.size == 1:
            return list(numbers)
        return self.sum(torch.tensor(numbers, dtype=torch.float64, device=self.device)).tolist()

    def sum_gradients(self, network: nn.Module) -> None:
        """Add up a network's gradients over all processes, all in one message.

        DistributedDataParallel is not used: it adds up while it goes backward. A process that ran out of memory would
        then leave the others waiting for ever, instead of agreeing with them on smaller micro-batches.
        """
        if self.size == 1:
            return
        parameters = list(network.parameters())
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
        flat = self.sum(nn.utils.parameters_to_vector(gradients))
        nn.utils.vector_to_parameters(flat, gradients)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient


@contextmanager
def process_group(device: str) -> Iterator[ProcessGroup]:
    """Join the processes that torchrun started, if it did.

    Gloo's threads hold the tensors of a collective some time after it is over, and need Python to let go of them: if
    Python is ending by then, the process aborts ("terminate called without an active exception"). They end with the
    group, and the group when nothing refers to it. `torch.distributed.nn.functional` would: its functions' default is
    the group that is there when it is imported, which an optimizer's first step does. So it is imported before.

    Args:
        device: `auto`, `cpu` or `cuda`.

    Raises:
        DeviceError: if CUDA is asked for and not there, or a GPU is there that torch can't use and nobody
            asked for the CPU, or torchrun started more processes than there are GPUs.
    """
    chosen = _choose(device)
    size, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
    if chosen == "cuda":
        # a run that resumes must end with the weights of one that was not stopped
        # (PyTorch documentation, "Reproducibility"; cuBLAS wants its variable before it starts)
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True, warn_only=True)
        # else it fills each new tensor before it is written to, with a kernel for each
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
        processes, gpus = int(os.environ.get("LOCAL_WORLD_SIZE", "1")), torch.cuda.device_count()
        if processes > gpus:
            raise DeviceError(
                f"{processes} processes need {processes} GPUs, and there are {gpus}: lower --nproc-per-node"
            )
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    if size > 1:
        importlib.import_module("torch.distributed.nn.functional")
        dist.init_process_group("nccl" if chosen == "cuda" else "gloo")
    try:
        yield ProcessGroup(rank, size, torch.device(chosen))
    finally:
        if size > 1:
            dist.destroy_process_group()


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
