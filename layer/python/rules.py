"""What is known of torch's Python part: which texts are changed, and which modules are left out or replaced.

All of it belongs to one version of torch. A rule that does not match fails, and names itself.
"""

from dataclasses import dataclass

NEW = {"torch/_inference_only.py", "torch/_typing.py", "torch/_fx.py"}  # modules of ours that replace none of torch's


@dataclass(frozen=True, slots=True)
class Cut:
    """The text of `path` from `start` up to `end` (not included), and what takes its place."""

    path: str
    start: str
    end: str
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """A text in `path`, and what takes its place."""

    path: str
    old: str
    new: str = ""


# Python code that takes the place of torch's. It is part of the layer, with its comments.

# For torch/__init__.py: loads the extension module, and with it torch's libraries; torch_startup is the layer's.
LOAD_LAZILY = """
# RTLD_LAZY: a function is looked up when it is first called. Most of those that torch's libraries share never are.
_flags = sys.getdlopenflags()
try:
    sys.setdlopenflags(os.RTLD_LAZY)
    from torch._C import *  # noqa: F403
finally:
    sys.setdlopenflags(_flags)
del _flags
torch_startup.finish()


"""

_LOAD = f"""
# There is no numpy here, by design: the warning would help nobody.
warnings.filterwarnings("ignore", "Failed to initialize NumPy", UserWarning)
from torch import _fx
{LOAD_LAZILY}"""

# For torch/__init__.py: imports the modules that every program needs, and the others when they are asked for.
_SUBMODULES = """
from torch.autograd import enable_grad, inference_mode, no_grad, set_grad_enabled
from torch import autograd as autograd, overrides as overrides, types as types, version as version
from torch import return_types as return_types
from torch._opaque_base import OpaqueBaseMeta as _OpaqueBaseMeta

# Before this, no torch.Generator can be made. Stock torch does it in torch/_prims/rng_prims.py.
_C._set_generator_metaclass(_OpaqueBaseMeta)
_C._init_names(list(_storage_classes))


def compiled_with_cxx11_abi() -> builtins.bool:
    return True


from torch import _ops as _ops
from torch._ops import ops as ops
from torch._classes import classes as classes

# torch looks for numpy when it first parses arguments, while it initialises a static variable, and releases the GIL
# meanwhile. Two threads that did so at once would wait for each other for ever: so it is done here.
_C._nn._parse_to("cpu")
sys.modules.setdefault(f"{__name__}.ops", ops)
sys.modules.setdefault(f"{__name__}.classes", classes)
legacy_contiguous_format = contiguous_format

if _inference_only.was_collecting:
    _inference_only.collect_again()

# Names of torch's that are imported when they are asked for, each with the module that has it; then such modules.
_ATTRIBUTES = {
    "load": "serialization", "save": "serialization", "set_printoptions": "_tensor_str", "autocast": "amp",
    "GradScaler": "amp", "from_dlpack": "utils.dlpack", "to_dlpack": "utils.dlpack",
}
_MODULES = {
    "__config__", "__future__", "_awaits", "_guards", "_jit_internal", "_linalg_utils", "_tensor_str", "linalg", "xpu",
    "_weights_only_unpickler", "accelerator", "amp", "ao", "backends", "compiler", "cpu", "cuda", "distributed", "fft",
    "futures", "jit", "mps", "mtia", "nn", "quantization", "serialization", "sparse", "special", "utils",
}


def __getattr__(name):
    if name in _MODULES:
        return importlib.import_module(f"torch.{name}")
    if name in _ATTRIBUTES:
        value = globals()[name] = getattr(importlib.import_module(f"torch.{_ATTRIBUTES[name]}"), name)
        return value
    if name in ("quantized_lstm", "quantized_gru"):
        return getattr(ops.aten, name)
    if name.startswith("__"):
        raise AttributeError(name)
    _inference_only.attribute("torch", name)
"""

# For torch/nn/__init__.py and torch/nn/modules/__init__.py: imports a class's module when the class is asked for.
LAZY_NN = """
from torch._inference_only import attribute

_HOMES = {homes!r}
_MODULES = {modules!r}


def __getattr__(name):
    import importlib

    if name in _HOMES:
        value = globals()[name] = getattr(importlib.import_module(f"{{__name__}}.{{_HOMES[name]}}"), name)
        return value
    if name in _MODULES:
        return importlib.import_module(f"{{__name__}}.{{name}}")
    if name.startswith("__") and name != "__all__":
        raise AttributeError(name)
    attribute(__name__, name)
"""

# For torch/backends/__init__.py: imports a backend's module when it is asked for.
_LAZY_BACKEND = """        try:
            return self.m.__getattribute__(attr)
        except AttributeError:
            if attr.startswith("_"):
                raise
        import importlib

        return importlib.import_module(f"torch.backends.{attr}")
"""


def _lazily(path: str, module: str) -> Edit:
    """Let a file of torch's import a module when something of it is asked for."""
    new = f'from torch._inference_only import LazyModule\n\n{module} = LazyModule("{module}")\n'
    return Edit(path, f"\nimport {module}\n", "\n" + new)


_INIT, _VERSION = "torch/__init__.py", "torch/torch_version.py"
CUTS = (
    Cut(_INIT, "# If PyTorch was built against the ROCm", "class SymInt:", _LOAD),
    Cut(_INIT, "try:\n    # _initExtension is chosen", "# The torch._C submodule is already"),
    Cut(
        _INIT,
        "from torch import amp as amp, random",
        "from torch.random import (",
        "from torch import random as random\n",
    ),
    Cut(
        _INIT, "from torch.serialization import load, save", "# Appease the type checker", "\n_C._initExtension(b'')\n"
    ),
    Cut(_INIT, "# Import TorchDynamo's lazy APIs", "# needs to be after the above ATen"),
    Cut(_INIT, "# Import most common subpackages", "def _register_device_module(", _SUBMODULES),
    Cut(_INIT, "from torch import (\n    export as export,", "@functools.cache\ndef get_device_module("),
    Cut(_INIT, "def _import_device_backends(", "def _as_tensor_fullprec("),
    Cut(_INIT, "# `_import_device_backends` should run", "import torch._native\n"),
    Cut(
        "torch/functional.py",
        "    if not torch.jit.is_tracing():\n        result = torch._refs",
        "        with torch.no_grad():\n            scalar",
        "    if not shapes:\n        return torch.Size([])\n    else:\n",
    ),
    Cut(_INIT, "    import torch._inductor.config as", "    _C._set_deterministic_algorithms("),
    Cut("torch/backends/__init__.py", "from torch.backends import (", "    quantized as quantized,\n"),
    Cut("torch/sparse/__init__.py", "# Semi structured sparsity", "if TYPE_CHECKING:"),
)
EDITS = (
    *(Edit(_INIT, f"import {name}\n") for name in ("ctypes", "glob", "inspect", "platform", "textwrap")),
    Edit(_INIT, "from torch._utils import (\n", "from torch import _inference_only\nfrom torch._utils import (\n"),
    Edit(_INIT, "    prepare_multiprocessing_environment,\n    profiler_allow_cudagraph_cupti_lazy_reinit_cuda12,\n"),
    Edit(_INIT, "inspect.isclass(__obj)", "isinstance(__obj, type)"),
    Edit(_INIT, "inspect.ismodule(member)", "isinstance(member, type(sys))"),
    Edit(_INIT, "import torch._native\n"),
    Edit("torch/backends/__init__.py", "    quantized as quantized,\n)\n"),
    Edit("torch/backends/__init__.py", "        return self.m.__getattribute__(attr)\n", _LAZY_BACKEND),
    Edit("torch/utils/_device.py", "        torch.nested.nested_tensor,\n"),
    Edit("torch/ao/quantization/utils.py", "from torch.fx import Node\n", "from torch._fx import Node\n"),
    Edit("torch/ao/quantization/__init__.py", "from .quantize_jit import *  # noqa: F403\n"),
    Edit("torch/ao/quantization/observer.py", "from torch.fx import Node\n", "from torch._fx import Node\n"),
    Edit("torch/ao/quantization/observer.py", "model: torch.fx.GraphModule", 'model: "torch.fx.GraphModule"'),
    Edit("torch/quantization/__init__.py", "from .quantize_jit import *  # noqa: F403\n"),
    Edit("torch/backends/mps/__init__.py", "from torch.library import Library as _Library\n", "_Library = object\n"),
    Edit("torch/nn/attention/__init__.py", "from . import _fa3, _fa4\n"),
    *(_lazily("torch/_utils.py", name) for name in ("logging", "pickle", "traceback")),
    Edit("torch/_utils.py", "logger = logging.getLogger(__name__)\n"),
    Edit("torch/_utils.py", "logger.exception(", "logging.getLogger(__name__).exception("),
    Edit(
        _VERSION,
        "from torch._vendor.packaging.version import InvalidVersion, Version\n",
        'from torch._inference_only import LazyModule\n\n_packaging = LazyModule("torch._vendor.packaging.version")\n',
    ),
    Edit(_VERSION, "isinstance(inp, Version)", "isinstance(inp, _packaging.Version)"),
    Edit(_VERSION, "return Version(inp)", "return _packaging.Version(inp)"),
    Edit(_VERSION, 'return Version(".".join', 'return _packaging.Version(".".join'),
    Edit(_VERSION, "raise InvalidVersion(inp)", "raise _packaging.InvalidVersion(inp)"),
    Edit(_VERSION, "getattr(Version(self)", "getattr(_packaging.Version(self)"),
    Edit(_VERSION, "isinstance(e, InvalidVersion)", "isinstance(e, _packaging.InvalidVersion)"),
    Edit("torch/utils/_contextlib.py", "    if inspect.isclass(func):", "    if isinstance(func, type):"),
    Edit(
        "torch/utils/_contextlib.py",
        "inspect.isgeneratorfunction(func)",
        'getattr(getattr(func, "__code__", None), "co_flags", 0) & 0x20',
    ),
    _lazily("torch/nn/functional.py", "dataclasses"),
    _lazily("torch/nn/modules/module.py", "inspect"),
    _lazily("torch/utils/_contextlib.py", "inspect"),
    Edit("torch/functional.py", "from torch._lowrank import pca_lowrank, svd_lowrank\n"),
    Edit("torch/functional.py", '    "pca_lowrank",\n'),
    Edit("torch/functional.py", '    "svd_lowrank",\n'),
    Edit("torch/nn/modules/module.py", "from torch._prims_common import DeviceLikeType\n", "DeviceLikeType = Any\n"),
)
# Folders and files, and the wheel's other packages, which only these need.
DROPPED = (
    "torchgen", "functorch", "torch/_inductor", "torch/_dynamo", "torch/_functorch", "torch/_export", "torch/_prims",
    "torch/_refs", "torch/_decomp", "torch/_higher_order_ops", "torch/_logging", "torch/_native",
    "torch/_meta_registrations.py", "torch/_prims_common", "torch/_vendor/quack", "torch/export", "torch/onnx",
    "torch/optim", "torch/testing", "torch/distributions", "torch/masked", "torch/multiprocessing", "torch/nested",
    "torch/package", "torch/profiler", "torch/fx", "torch/func", "torch/hub.py", "torch/library.py", "torch/monitor",
    "torch/quasirandom.py", "torch/_lobpcg.py", "torch/_lowrank.py", "torch/utils/data", "torch/utils/benchmark",
    "torch/utils/tensorboard", "torch/utils/hipify", "torch/utils/viz", "torch/utils/_sympy",
    "torch/utils/_strobelight", "torch/_custom_op", "torch/_tensor_docs.py", "torch/_storage_docs.py",
    "torch/_size_docs.py", "torch/signal", "torch/_dispatch", "torch/_custom_ops.py", "torch/_lazy", "torch/_numpy",
    "torch/_strobelight", "torch/ao/ns", "torch/ao/pruning", "torch/ao/quantization/_correct_bias.py",
    "torch/ao/quantization/fx", "torch/ao/quantization/quantize_fx.py", "torch/ao/quantization/quantize_jit.py",
    "torch/backends/_coreml", "torch/backends/xeon", "torch/contrib", "torch/nativert", "torch/nn/parallel",
    "torch/nn/attention/_fa3.py", "torch/nn/attention/_fa4.py", "torch/nn/attention/experimental",
    "torch/nn/attention/bias.py", "torch/nn/attention/flex_attention.py", "torch/nn/attention/varlen.py",
    "torch/nn/modules/linear_cross_entropy.py", "torch/nn/utils/_expanded_weights",
    "torch/nn/utils/_per_sample_grad.py", "torch/numa", "torch/quantization/fx", "torch/quantization/quantize_fx.py",
    "torch/quantization/quantize_jit.py", "torch/quantization/_numeric_suite.py",
    "torch/quantization/_numeric_suite_fx.py", "torch/sparse/_triton_ops.py", "torch/sparse/_triton_ops_meta.py",
    "torch/utils/_content_store.py", "torch/utils/_cxx_pytree.py", "torch/utils/_debug_mode",
    "torch/utils/_filelock.py", "torch/utils/_runtime_estimation.py", "torch/utils/bundled_inputs.py",
    "torch/utils/checkpoint.py", "torch/utils/cpp_extension.py", "torch/utils/debug_log.py",
    "torch/utils/flop_counter.py", "torch/utils/jit", "torch/utils/mkldnn.py", "torch/utils/mobile_optimizer.py",
    "torch/utils/model_dump", "torch/utils/model_zoo.py", "torch/utils/module_tracker.py",
)  # fmt: skip
# Packages below torch/ of which nothing stays but the replacements, and the files of them that stay.
EMPTIED = ("autograd", "compiler", "cuda", "distributed", "jit", "mps", "mtia", "xpu", "_library", "_subclasses")
KEPT = {"torch/autograd/grad_mode.py"}
