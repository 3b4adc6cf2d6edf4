"""What this layer's torch does later than stock torch, and how it refuses the little that it lacks."""

import functools
import gc
import importlib
import sys
from typing import Any, NoReturn

# An import makes hardly any garbage, and to look for it takes a tenth of the time. torch's __init__ enables it again.
_was_collecting = gc.isenabled()
gc.disable()

# LEFT_OUT: the build writes it here, from the names of modules to the reason why each is left out.


def collect_again() -> None:
    """Let the collector work again; what was imported is old to it, else it would look at all that and find nothing."""
    if not gc.get_freeze_count():
        gc.freeze()
        gc.unfreeze()
    if _was_collecting:
        gc.enable()


class Finder:
    """The last finder on sys.meta_path. It is asked for a module of torch's that was left out."""

    @staticmethod
    def find_spec(name: str, _path: Any = None, _target: Any = None) -> None:
        """Raise ModuleNotFoundError, with the reason, for a module that was left out; else return None."""
        for module, reason in LEFT_OUT.items():  # type: ignore[name-defined]  # noqa: F821
            if name == module or name.startswith(f"{module}."):
                raise ModuleNotFoundError(f"{name} is not in this layer's torch: {reason}", name=name)


sys.meta_path.append(Finder)


def _read_source(loader: Any, _name: str) -> str | None:
    """What `inspect` and TorchScript read: the source of a module that is bytecode here, if it was kept, else None."""
    import zlib
    from pathlib import Path

    try:
        return zlib.decompress(Path(loader.path.removesuffix("c") + ".z").read_bytes()).decode()
    except FileNotFoundError:
        return None


if __file__.endswith(".pyc"):  # then its loader's class is that of all modules without sources
    _loader: Any = __spec__.loader
    type(_loader).get_source = _read_source


def refuse_compiled(model: Any) -> Any:
    """Return a function that stands for `model` compiled, and raises ImportError when it is called."""

    def refused(*_args: Any, **_options: Any) -> NoReturn:
        reason = LEFT_OUT["torch._inductor"]  # type: ignore[name-defined]  # noqa: F821
        raise ImportError(
            f"a function from torch.compile can't run: {reason} (TORCH_COMPILE_DISABLE=1 runs it as it is)"
        )

    return functools.update_wrapper(refused, model) if hasattr(model, "__name__") else refused


def submodule(package: str, name: str, late: str) -> Any:
    """Import a module of a package if its name is among `late`.

    Raises AttributeError, as for any missing attribute, if it is not.
    """
    if name in late.split():
        return importlib.import_module(f"{package}.{name}")
    raise AttributeError(f"module {package!r} has no attribute {name!r}", name=name)


def import_the_rest() -> None:
    """Import all that stock torch imports when it is imported, in its order: TorchDynamo takes it for granted."""
    for name in (
        "nested", "distributions", "hub", "testing", "nn.intrinsic", "nn.qat", "nn.quantizable", "nn.quantized",
        "quantization", "quasirandom", "masked", "export", "func", "_higher_order_ops", "_meta_registrations",
    ):  # fmt: skip
        importlib.import_module(f"torch.{name}")


_libraries: list[Any] = []  # a library's registrations end with it


def register() -> None:
    """Let the first operator on the meta device that has no kernel import those that are written in Python.

    Stock torch registers them with each import, which takes a fifth of its time.
    """
    import torch

    def with_python_s_kernels(operator: Any, *args: Any, **options: Any) -> Any:
        if "torch._meta_registrations" in sys.modules:
            raise NotImplementedError(
                f"{operator}: attempted to run this operator with Meta tensors, but there was no fake impl or Meta "
                "kernel registered for this operator"
            )
        from torch import _meta_registrations  # noqa: F401

        return operator(*args, **options)

    _libraries.append(torch.library.Library("_", "IMPL"))  # type: ignore[no-untyped-call]
    _libraries[0].fallback(with_python_s_kernels, "Meta")
