"""Prints how torch refuses to make tensors on devices that it is not built for, but for what it says of those it is."""

import torch

for device in ("lazy", "vulkan", "xla"):
    for make in (torch.empty, torch.zeros, torch.ones):
        try:
            make(2, device=device)
        except (RuntimeError, NotImplementedError) as error:
            print(device, type(error).__name__, str(error).partition("is only available")[0])
print(torch._C._dispatch_has_computed_kernel_for_dispatch_key("aten::zeros", "SparseCUDA"))
