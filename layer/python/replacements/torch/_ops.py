"""torch.ops: the operators by name, called through the dispatcher."""

import types
from typing import Any

import torch
from torch._inference_only import refuse


class OpOverload:
    """One overload of an operator, such as torch.ops.aten.add.Tensor."""

    def __init__(self, packet: "OpOverloadPacket", operator: Any, name: str) -> None:
        self._packet, self._op, self._overloadname = packet, operator, name

    def __call__(self, *args: Any, **options: Any) -> Any:
        return self._op(*args, **options)

    def __repr__(self) -> str:
        return f"<OpOverload(op='{self._packet._qualified_op_name}', overload='{self._overloadname}')>"


class OpOverloadPacket:
    """All overloads of an operator, such as torch.ops.aten.add."""

    def __init__(self, name: str, operator: Any, overloads: list[str]) -> None:
        self._qualified_op_name, self._op, self._overload_names = name, operator, overloads
        self.__name__ = name.split("::")[1]

    def __call__(self, *args: Any, **options: Any) -> Any:
        return self._op(*args, **options)

    def overloads(self) -> list[str]:
        """Return the overloads' names."""
        return [name or "default" for name in self._overload_names]

    def __getattr__(self, name: str) -> OpOverload:
        if name.startswith("__") or name not in self.overloads():
            raise AttributeError(f"torch.ops.{self._qualified_op_name} has no overload {name!r}")
        key = "" if name == "default" else name
        overload = OpOverload(self, torch._C._get_operation_overload(self._qualified_op_name, key)[0], name)
        setattr(self, name, overload)
        return overload


class _OpNamespace(types.ModuleType):
    def __init__(self, name: str) -> None:
        super().__init__(f"torch.ops.{name}")
        self.name = name

    def __getattr__(self, name: str) -> OpOverloadPacket:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            operator, overloads = torch._C._jit_get_operation(f"{self.name}::{name}")
        except RuntimeError:
            operator = None
        if operator is None:
            raise AttributeError(f"'_OpNamespace' '{self.name}' object has no attribute '{name}'")
        packet = OpOverloadPacket(f"{self.name}::{name}", operator, overloads)
        setattr(self, name, packet)
        return packet


class _Ops(types.ModuleType):
    __file__ = "_ops.py"
    load_library = refuse("torch.ops.load_library")

    def __getattr__(self, name: str) -> _OpNamespace:
        if name.startswith("__"):
            raise AttributeError(name)
        namespace = _OpNamespace(name)
        setattr(self, name, namespace)
        return namespace


ops = _Ops("torch.ops")
