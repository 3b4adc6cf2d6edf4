"""What the extension module and torch's own modules import from modules of torch.fx: this module stands for these.

torch.fx itself is left out: `import torch.fx` is refused.
"""

import sys
from typing import Any


class Node:
    """Only a name: nothing here makes one."""


class SymNode(Node):
    """Only a name: nothing here makes one."""


class DynamicInt(int):
    """Only a name: nothing here makes one."""


immutable_list, immutable_dict = list, dict


def guard_or_false(condition: Any) -> bool:
    """Return the condition: sizes are numbers here."""
    return bool(condition)


expect_true = guard_or_false


def has_free_unbacked_symbols(_value: Any) -> bool:
    """Return False."""
    return False


for _name in ("node", "immutable_collections", "experimental.sym_node", "experimental.symbolic_shapes"):
    sys.modules[f"torch.fx.{_name}"] = sys.modules[__name__]
