"""Names of torch.jit's annotations."""

from torch._jit_internal import BroadcastingList1, BroadcastingList2, BroadcastingList3  # noqa: F401
