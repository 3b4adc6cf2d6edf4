"""What lets TorchDynamo and `torch.export` do without what is left out of the compiler in the library part."""

from layer.python.rules import Cut, Edit

_INDUCTOR, _RUNTIME = "torch/_inductor/utils.py", "torch/_inductor/runtime/runtime_utils.py"
_CEILDIV = "from .runtime.runtime_utils import ceildiv as runtime_ceildiv\n"
_INTERFACE = """from torch._dynamo.device_interface import get_interface_for_device
from torch._dynamo.utils import detect_fake_mode
"""
_LAST_OF_INDUCTOR = "        scale_dtype=scale.dtype,\n        eq_fn=symbolic_eq,\n    )\n"
_CALLBACK = "from torch._dynamo import callback as compilation_callback  # noqa: F401\n"
_TIMED = "dynamo_timed = torch._dynamo.utils.dynamo_timed  # type: ignore[has-type]\n"
_LAST_OF_RUNTIME = "        lambda i: [jnp.int32(i)] * len(nonzero_rank_shape),\n    )\n"

_DYNAMO_UTILS, _EVAL_FRAME = "torch/_dynamo/utils.py", "torch/_dynamo/eval_frame.py"
_REPRO = "    from ..repro.after_dynamo import dynamo_minifier_backend\n\n    if dynamo_minifier_backend is None:\n"
_SERIALIZE = "torch/_export/serde/serialize.py"

# TorchDynamo tells torch's functions by the paths in their bytecode, which begin with the folder that it is made for.
_TRACE_RULES, _FILE = "torch/_dynamo/trace_rules.py", '    file = getattr(m, "__file__", None)\n'
_FILE_IN_BYTECODE = """    if file and file.endswith(".pyc"):
        here, there = os.path.dirname(torch.__file__), os.path.dirname(torch.typename.__code__.co_filename)
        file = file[:-1].replace(here, there, 1)
"""

CUTS = (
    # torch._inductor.ir is left out: what torch.export saves has no buffers of the code generator's.
    Cut(
        _SERIALIZE,
        "        import torch._inductor.ir as",
        "        if isinstance(arg, torch.fx.Node):",
        "        inductor_tensor_buffers = ()\n\n",
    ),
    # torch._dynamo.repro is left out: it writes down what made a compiler fail.
    Cut("torch/_dynamo/backends/registry.py", _REPRO, "    _discover_entrypoint_backends()\n"),
)
EDITS = (
    Edit(_SERIALIZE, "        elif isinstance(arg, inductor_ir.TorchBindObject):\n", "        elif False:\n"),
    Edit(_EVAL_FRAME, "    from .repro.after_dynamo import wrap_backend_debug\n\n"),
    Edit(_EVAL_FRAME, "    return wrap_backend_debug(compiler_fn, compiler_str)\n", "    return compiler_fn\n"),
    # In stock torch these two are always imported after TorchDynamo, which imports them in a circle: torch._inductor
    # imports it. Here it does not, since TorchDynamo needs sympy.
    *(Edit(_INDUCTOR, old) for old in (_CEILDIV, _INTERFACE)),
    Edit(_INDUCTOR, _LAST_OF_INDUCTOR, _LAST_OF_INDUCTOR + _CEILDIV + _INTERFACE),
    *(Edit(_RUNTIME, old) for old in (_CALLBACK, _TIMED)),
    Edit(_RUNTIME, _LAST_OF_RUNTIME, _LAST_OF_RUNTIME + _CALLBACK + _TIMED),
    # A backend such as "eager" is registered when its module is imported, and here the modules are bytecode alone.
    Edit(_DYNAMO_UTILS, 'if filename.endswith(".py") and', 'if filename.endswith((".py", ".pyc")) and'),
    Edit(_DYNAMO_UTILS, "{mod.__name__}.{filename[:-3]}", "{mod.__name__}.{filename.partition('.')[0]}"),
    Edit(_TRACE_RULES, _FILE, _FILE + _FILE_IN_BYTECODE),
    Edit(_TRACE_RULES, "_as_posix_path(_config_module.__file__)", "_module_dir(_config_module)"),
    # torch._native is left out, and with it each language for kernels.
    *(
        Edit(
            "torch/backends/python_native/__init__.py",
            f"        registry = _get_dsl_registry()\n        result = registry.list_{which}_dsls()\n",
            "        result = []\n",
        )
        for which in ("available", "all")
    ),
)
