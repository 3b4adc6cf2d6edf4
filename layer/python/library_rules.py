"""What is known of torch's Python part, for the library part.

It is stock torch's Python, but for modules that no program for inference imports or that can't be used on Lambda, and
it loads later what `import torch` need not load. All of it belongs to one version of torch.
"""

from layer.python import without_compiler, without_sympy
from layer.python.rules import LOAD_LAZILY, Cut, Edit

NEW = {"torch/_alone.py", "torch/_later.py"}  # modules of ours that replace none of torch's

_INIT, _COMPILER_INIT = "torch/__init__.py", "torch/compiler/__init__.py"
_DISPATCH = "torch/utils/_python_dispatch.py"

# torch.fx.passes has to be imported before what imports it in a circle.
_FIRST_HOP = "from torch._higher_order_ops._invoke_quant import (\n"
_LAST_OF_DISTRIBUTED = 'sys.modules["torch.distributed"].ProcessGroup = _Stub  # type: ignore[attr-defined]\n'
_REFUSED_BY_DISTRIBUTED = """

def __getattr__(name):
    from torch import _alone

    if name not in _alone.NAMES:
        raise AttributeError(f"module 'torch.distributed' has no attribute {name!r}", name=name)
    value = (lambda *_: False) if name.startswith("is_") else _alone.stand_in(f"torch.distributed.{name}")
    globals()[name] = value
    return value
"""
_FIRST_OF_DYNAMO = "from . import (\n"
_WORKER, _CRASHES = "torch/utils/data/_utils/worker.py", "        signal_handling._set_worker_signal_handlers()\n"
_STANDALONE = "from .standalone_compile import CompiledArtifact, DynamicShapesType"
_SYM_TYPES = "from torch.fx.experimental.proxy_tensor import py_sym_types"
_SYM_TYPES_THERE = "from torch.types import py_sym_types\n"
_FAKE_PROP, _DEBUG_PRIMS = "torch/fx/passes/fake_tensor_prop.py", "torch/_prims/debug_prims.py"
_SNAPSHOT = "                from torch.fx.experimental.proxy_tensor import snapshot_fake\n\n"
_LAZY_TORCHGEN = """

class _Torchgen:
    def __getattr__(self, name):
        import importlib

        return importlib.import_module(f"torchgen.{name}")


torchgen = _Torchgen()
"""

_LOAD = f"""
# There need not be numpy here: the warning would help nobody.
warnings.filterwarnings("ignore", "Failed to initialize NumPy", UserWarning)
from torch import _later
{LOAD_LAZILY}"""

_REGISTER = """
from torch import library as library, return_types as return_types

# Before this, no torch.Generator can be made. Stock torch does it in torch/_prims/rng_prims.py.
from torch._opaque_base import OpaqueBaseMeta as _OpaqueBaseMeta

_C._set_generator_metaclass(_OpaqueBaseMeta)
_later.register()
# torch looks for numpy when it first parses arguments, while it initialises a static variable, and releases the GIL
# meanwhile. Two threads that did so at once would wait for each other for ever: so it is done here.
_C._nn._parse_to("cpu")

"""

_LAZY = """
    _lazy_modules = {
        "_dynamo", "_export", "_higher_order_ops", "_inductor", "_meta_registrations", "_prims", "_refs", "_decomp",
        "_functorch", "_subclasses",
        "_custom_op", "_custom_ops", "_dispatch", "monitor", "signal", "distributions",
        "export", "func", "hub", "masked", "nested", "onnx",
        "quantization", "quasirandom", "testing",
    }
    _lazy_attributes = {
        "cond": "_higher_order_ops", "while_loop": "_higher_order_ops", "vmap": "func", "windows": "signal.windows",
    }

    def __getattr__(name):
        if home := _lazy_attributes.get(name):
            module = importlib.import_module(f".{home}", __name__)
            value = globals()[name] = module if home.endswith(name) else getattr(module, name)
            return value
"""

_NN_LAZY = """

def __getattr__(name):
    if name in ("intrinsic", "qat", "quantizable", "quantized"):
        import importlib

        return importlib.import_module(f"torch.nn.{name}")
    raise AttributeError(f"module 'torch.nn' has no attribute {name!r}")


def factory_kwargs("""

_COMPILE = """
def compile(model=None, *, disable=False, **options):
    \"\"\"Return `model` where compilation is disabled, and a function that refuses to be called where it is not.\"\"\"
    if model is None:
        return lambda model: compile(model, disable=disable, **options)
    off = os.environ.get("TORCHDYNAMO_DISABLE") == "1" or os.environ.get("TORCH_COMPILE_DISABLE") == "1"
    return model if disable or off else _later.refuse_compiled(model)


"""

CUTS = (
    Cut(_INIT, "# If PyTorch was built against the ROCm", "class SymInt:", _LOAD),
    Cut(_INIT, "class _TorchCompileInductorWrapper:", "def _register_device_module(", _COMPILE),
    Cut(_INIT, "from torch import (\n    export as export,", "# Enable CUDA Sanitizer", _REGISTER),
    Cut(
        _INIT,
        "# Populate magic methods on SymInt",
        "class _TritonLibrary:",
        "import torch.fx.experimental.sym_node\nfrom torch import compiler as compiler\n\n\n",
    ),
    Cut(_INIT, "    _lazy_modules = {", "        # Deprecated attrs\n", _LAZY.lstrip("\n")),
    Cut(_INIT, "# `_import_device_backends` should run", "from torch import _logging\n"),
    Cut(_INIT, "# nn.quant* depends on ao", "_C._init_names(list"),
    Cut(_INIT, "# quantization depends on torch.fx and torch.ops", "# If you are seeing this, it means"),
    Cut(_INIT, "# Register all registered custom / override ops in torch/_native", "import torch._native\n"),
    *without_compiler.CUTS,
)
EDITS = (
    *(Edit(_INIT, f"    {name} as {name},\n") for name in ("distributions", "hub", "testing")),
    Edit(_INIT, "    nested as nested,\n", "    fx as fx,\n"),  # the same order as with `nested`, which imports it
    Edit(_INIT, "import torch._native\n", "_later.collect_again()\n"),
    Edit(_INIT, "from torch import masked as masked\n"),
    Edit(_INIT, "from torch.signal import windows as windows\n"),
    Edit(_COMPILER_INIT, "from torch._higher_order_ops.invoke_subgraph import NestedCompileRegionOptions\n"),
    Edit(_COMPILER_INIT, "options: NestedCompileRegionOptions | None = None", "options: Any = None"),
    Edit("torch/_higher_order_ops/__init__.py", _FIRST_HOP, f"import torch.fx.passes.infra.pass_base\n{_FIRST_HOP}"),
    Edit("torch/fx/passes/runtime_assert.py", f"{_SYM_TYPES}\n", _SYM_TYPES_THERE),
    Edit("torch/_functorch/_aot_autograd/utils.py", f"{_SYM_TYPES}\n", _SYM_TYPES_THERE),
    Edit(_FAKE_PROP, f"{_SYM_TYPES}, snapshot_fake\n", _SYM_TYPES_THERE),
    *(
        Edit(_FAKE_PROP, old, f"{_SNAPSHOT}{old}")
        for old in ("                return snapshot_fake(obj)\n", "                return snapshot_fake(self._mode")
    ),
    Edit(
        "torch/_dynamo/__init__.py",
        _FIRST_OF_DYNAMO,
        f"from torch import _later\n\n_later.import_the_rest()\n{_FIRST_OF_DYNAMO}",
    ),
    Edit("torch/_inductor/__init__.py", _STANDALONE, f"if TYPE_CHECKING:\n    {_STANDALONE}"),
    # Its handlers of crashes are installed from C, in the place of the pager's.
    Edit(_WORKER, _CRASHES, f"{_CRASHES}        import torch_pager\n\n        torch_pager.come_first()\n"),
    *without_compiler.EDITS,
    *without_sympy.EDITS,
    Edit("torch/_decomp/decompositions.py", "import torch._meta_registrations\n"),
    Edit(_DEBUG_PRIMS, "\nfrom torch.utils._content_store import ContentStoreReader\n", "\n"),
    Edit(_DEBUG_PRIMS, "LOAD_TENSOR_READER: ContentStoreReader | None = None", "LOAD_TENSOR_READER = None"),
    Edit(_DEBUG_PRIMS, "= ContentStoreReader(", "= torch.utils._content_store.ContentStoreReader("),
    Edit(
        "torch/utils/checkpoint.py",
        "from torch.testing._internal.logging_tensor import",
        "import torch._subclasses.functional_tensor\nfrom torch.testing._internal.logging_tensor import",
    ),
    Edit(_DISPATCH, "import torchgen\nimport torchgen.model\n", _LAZY_TORCHGEN),
    Edit("torch/nn/__init__.py", "\n\ndef factory_kwargs(", _NN_LAZY),
    Edit("torch/distributed/__init__.py", '    return hasattr(torch._C, "_c10d_init")\n', "    return False\n"),
    Edit("torch/distributed/__init__.py", _LAST_OF_DISTRIBUTED, _LAST_OF_DISTRIBUTED + _REFUSED_BY_DISTRIBUTED),
    Edit("torch/distributed/rpc/__init__.py", '    return hasattr(torch._C, "_rpc_init")\n', "    return False\n"),
    Edit(
        "torch/distributed/autograd/__init__.py",
        '    return hasattr(torch._C, "_dist_autograd_init")\n',
        "    return False\n",
    ),
    Edit(
        "torch/_ops.py",
        "        # Here we are creating `torch.ops.my_namespace`\n",
        '        if name in ("prims", "rngprims"):\n            import torch._prims\n',
    ),
    Edit(
        "torch/_subclasses/fake_tensor.py",
        '        log.debug("create_mode 0x%x", id(self))\n',
        "        from torch import _meta_registrations  # noqa: F401\n\n",
    ),
)
# Modules that stock torch imports with itself: where these packages are asked for them, they are imported.
GET_LATE = """

def __getattr__(name):
    from torch import _later

    return _later.submodule(__name__, name, {names!r})
"""
LATE = {
    "torch/utils": "checkpoint _content_store _debug_mode _mode_utils _stats _thunk",
    "torch/autograd": "profiler_legacy",
    "torch/fx": "_utils passes",
    "torch/fx/experimental": "_backward_state _constant_symnode const_fold proxy_tensor",
}
