"""Calls torch's compiled operators and prints the results.

    python layer/check/operators.py THREADS STEP

`layer verify` runs this file in two torches and compares what they print. So it imports torch and the standard library
alone.

The operators are those that the dispatcher knows under `aten` and that arguments can be made for; of them, every
STEP-th is called. An operator's calls are made in a child process of its own: one that crashes is a result like any
other, and each child touches machine code that its parent has not touched. An operator is called with six dtypes and
two shapes, its arguments made from its schema. The first line that is printed names torch's version. Then there is a
line for each call: the operator's name, dtype and shape, then the sha256 of the result's bits, or the error.
"""

import hashlib
import os
import re
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import torch

_DTYPES = ("float32", "float64", "bfloat16", "float16", "int64", "complex64")
_SHAPES = ((4, 4), (2, 4, 4, 4))
# Names of operators that are not called. They have no one right result (random numbers, memory that is not
# initialised), are for other devices, or change their argument or torch's state. Those of the last line give other
# results in each run of the installed torch.
_LEFT_OUT = re.compile(
    r"rand|drop|bernoulli|normal(?!ize)|uniform|poisson|multinomial|binomial|exponential|cauchy|geometric|empty|seed|rrelu"
    r"|cuda|cudnn|miopen|mps|mtia|xpu|metal|vulkan|fbgemm|record|storage|resize|set_|data|pin_memory|nested|version|_$"
    r"|from_file|sobol|async|output_nr|retain|requires_grad|leaf|backward|name|sync|sgd|adam|adagrad|fw_|dual|lift|batch"
    r"|debug|assert|print|functional|compile|weight_int|wrapped|choose_qparams|standard_gamma|dirichlet|stft|dep_token"
    r"|Generator|_compute_linear_combination|_convert_indices|_weight_norm_interface|lstsq|mkldnn_rnn"
)
# Dispatch keys whose operators the layer does not register (elf/initialisers.py): its errors don't list them.
_KEYS_LEFT_OUT = re.compile(r"\b(Tracer|FuncTorchBatched|BatchedNestedTensor|FuncTorchVmapMode|Batched|VmapMode), ")
_VALUES: dict[str, Any] = {
    "number": 2, "float": 0.5, "bool": True, "str": "sum", "List[float]": [0.5, 0.5], "List[bool]": [True] * 3,
}  # fmt: skip


def operators() -> list[Any]:
    """The schemas of the operators that can be called, sorted by name."""
    schemas = {(s.name, s.overload_name): s for s in torch._C._jit_get_all_schemas() if s.name.startswith("aten::")}
    return [
        schema
        for key, schema in sorted(schemas.items(), key=lambda item: item[0])
        if not _LEFT_OUT.search(key[0].removeprefix("aten::"))
        and "out" not in key[1]
        and key[1] != "names"
        and _can_be_called(schema)
    ]


def _can_be_called(schema: Any) -> bool:
    try:
        arguments(schema, torch.float32, _SHAPES[0])
    except LookupError:
        return False
    return True


def tensor(name: str, dtype: torch.dtype, shape: tuple[int, ...]) -> torch.Tensor:
    """An argument, the same in each run. An argument's name tells whether it holds indices, a mask or numbers."""
    if re.search(r"ind(ex|ices)|^idx|offsets|target|repeats", name):
        return torch.arange(shape[-1])
    if re.search(r"mask|condition", name):
        return torch.arange(shape[-1]) % 2 == 0
    count = torch.Size(shape).numel()
    # The values are not sorted, are positive and negative, and a matrix of them can be inverted.
    values = (torch.arange(count) * 7919 % 101 - 40).to(torch.float64) / 16
    values = (values + len(name) % 5).reshape(shape)
    return (values * (16 if dtype == torch.int64 else 1)).to(dtype)


def arguments(schema: Any, dtype: torch.dtype, shape: tuple[int, ...]) -> dict[str, Any]:
    """Values for all arguments that have no default.

    Raises LookupError if one is of a type that is not known here.
    """
    required = [a for a in schema.arguments if not a.has_default_value() and not str(a.type).startswith("Optional")]
    return {a.name: argument(str(a.type), a.name, dtype, shape) for a in required}


def argument(kind: str, name: str, dtype: torch.dtype, shape: tuple[int, ...]) -> Any:
    """A value for an argument of the type `kind`.

    Raises LookupError if the type is not known here.
    """
    if kind == "Tensor":
        return tensor(name, dtype, shape)
    if kind == "List[Tensor]":
        return [tensor(name, dtype, shape), tensor(name + "s", dtype, shape)]
    if kind == "List[Optional[Tensor]]":
        return [torch.arange(2)]
    if kind == "int":
        return {"dim": 0, "dim0": 0, "dim1": 1, "start_dim": 0, "end_dim": 1, "start": 0, "dtype": 6}.get(name, 2)
    if kind == "List[int]":
        sizes = {"size": list(shape), "dim": [0], "dims": [0], "padding": [0, 0], "stride": [1, 1], "pad": [1, 1]}
        return sizes.get(name, [2, 2])
    return _VALUES[kind]


def bits(result: Any) -> Iterator[bytes]:
    """A result's dtypes, shapes, layouts and bits."""
    if isinstance(result, torch.Tensor):
        yield f"{result.dtype} {tuple(result.shape)} {result.layout}".encode()
        if result.layout != torch.strided:
            result = result.to_dense()
        if result.is_quantized:
            result = result.int_repr()
        flat = result.resolve_conj().resolve_neg().contiguous().reshape(-1)
        yield bytes(flat.view(torch.uint8).tolist()) if flat.numel() else b""
    elif isinstance(result, tuple | list):
        for part in result:
            yield from bits(part)
    else:
        yield repr(result).encode()


def outcome(schema: Any, dtype: torch.dtype, shape: tuple[int, ...]) -> str:
    """The digest of what an operator returns, or its error."""
    try:
        values = arguments(schema, dtype, shape)
        operator = torch._C._get_operation_overload(schema.name, schema.overload_name)[0]
        digest = hashlib.sha256()
        for part in bits(operator(**values)):
            digest.update(part)
        return digest.hexdigest()[:16]
    except Exception as error:  # an error is compared like a result
        first = (str(error) or repr(error)).splitlines()[0]
        return f"{type(error).__name__}: {_KEYS_LEFT_OUT.sub('', re.sub('0x[0-9a-f]+', '0x', first))}"


def call(schema: Any) -> None:
    """Print a line for each call of one operator."""
    name = f"{schema.name.removeprefix('aten::')}.{schema.overload_name or 'default'}"
    for dtype in _DTYPES:
        for shape in _SHAPES:
            print(name, dtype, "x".join(map(str, shape)), outcome(schema, getattr(torch, dtype), shape), flush=True)


def main() -> None:
    """Call every STEP-th operator."""
    print("torch", torch.__version__.partition("+")[0], flush=True)
    warnings.simplefilter("ignore")
    torch.set_num_threads(int(sys.argv[1]))
    torch.set_grad_enabled(False)
    for schema in operators()[:: int(sys.argv[2])]:
        child = os.fork()
        if not child:
            call(schema)
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        if status:
            print(schema.name.removeprefix("aten::"), schema.overload_name, f"ended with status {status}", flush=True)


if __name__ == "__main__":
    main()
