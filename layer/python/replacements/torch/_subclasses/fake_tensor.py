"""Fake tensors belong to torch.compile: nothing is one."""


class FakeTensor:
    """Only a name: nothing here makes one."""


class FakeTensorMode:
    """Only a name: nothing here makes one."""
