"""torch.onnx: nothing is exported here; what libraries ask it while they are imported or run is answered."""

from typing import NoReturn

from torch._C._onnx import PRODUCER_VERSION, OperatorExportTypes, TensorProtoDataType, TrainingMode  # noqa: F401

producer_name, producer_version = "pytorch", PRODUCER_VERSION


def is_in_onnx_export() -> bool:
    """Return False."""
    return False


def register_custom_op_symbolic(*_args: object, **_options: object) -> None:
    """Do nothing: there is no exporter that would ask for it."""


unregister_custom_op_symbolic = register_custom_op_symbolic


def refuse(name: str) -> AttributeError:
    """Return the error for what is not here of torch.onnx."""
    reason = "models are exported elsewhere"
    return AttributeError(f"torch.onnx.{name} is not in this layer's torch: {reason}", name=name)


class _Operators:
    """Stands for a version of ONNX's operators, which libraries import by name."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> NoReturn:
        raise refuse(f"{self._name}.{name}")


def __getattr__(name: str) -> _Operators:
    if name.startswith("symbolic_opset"):
        return _Operators(name)
    if name.startswith("__"):
        raise AttributeError(name)
    raise refuse(name)
