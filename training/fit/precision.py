"""Mixed precision: what is computed in 16 bits, and how gradients are kept from vanishing there.

On a GPU torch's autocast chooses. On the CPU, where an LSTM took half as long again with it, tensors are cast by hand.
Source: PyTorch documentation, "Automatic Mixed Precision examples".
"""

from __future__ import annotations

import torch


def autocast_dtype() -> torch.dtype:
    """bfloat16 where the GPU computes in it, else float16."""
    return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16


def cpu_dtype() -> torch.dtype:
    """What the CPU multiplies matrices in: bfloat16 where the processor has instructions for it, else float32."""
    return torch.bfloat16 if torch.cpu.get_capabilities().get("avx512_bf16") else torch.float32


def autocast(device: torch.device) -> torch.autocast:
    """The context in which a forward pass runs."""
    on_gpu = device.type == "cuda"
    return torch.autocast(device.type, dtype=autocast_dtype() if on_gpu else None, enabled=on_gpu)


def gradient_scaler(device: torch.device) -> torch.GradScaler:
    """What scales losses and gradients; under bfloat16 too, since cuDNN's LSTM computes in float16 all the same."""
    return torch.GradScaler(device.type, enabled=device.type == "cuda")
