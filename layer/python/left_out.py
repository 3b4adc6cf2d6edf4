"""What the library part leaves out, with the reason that a program is told, and what stays of it."""

ALONE = "a function on Lambda has no other process to work with"
# Folders and files that are left out, each with the reason that a program is told.
COMPILER = "torch.compile needs a C++ compiler, and Lambda has none"
_GENERATORS = (
    "aoti api dest gen.py gen_aoti_c_shim.py gen_backend_stubs.py gen_functionalization_type.py gen_lazy_tensor.py "
    "gen_vmap_plumbing.py native_function_generation.py operator_versions selective_build static_runtime"
)
LEFT_OUT = {
    "torch/_inductor": COMPILER,
    "torch/_dynamo/repro": COMPILER,
    "torch/_native": "its kernels are for GPUs",
    "torch/_vendor/quack": "its kernels are for GPUs",
    "torch/ao/ns": "it compares networks with their quantised ones",
    "torch/ao/pruning": "it serves training",
    "torch/_numpy/testing": "it tests torch itself",
    "torch/backends/_coreml": "it exports to Core ML",
    "torch/contrib": "it draws graphs for TensorBoard",
    "torch/distributed": ALONE,
    "torch/nativert": "it tests torch itself",
    "torch/onnx": "models are exported elsewhere",
    "torch/sparse/_triton_ops.py": "its kernels are for GPUs",
    "torch/sparse/_triton_ops_meta.py": "its kernels are for GPUs",
    "torch/testing/_internal": "it tests torch itself",
    "torch/utils/benchmark": "it measures torch itself",
    "torch/utils/model_dump": "it draws pages for developers",
    "torch/utils/hipify": "it translates CUDA's sources",
    **{f"torchgen/{name}": "it makes torch's own sources" for name in _GENERATORS.split()},
}
# What stays of these: what other modules of torch's import, and what can be imported where torch.distributed is off.
_ALONE_TOO = (
    "__init__ _checkpointable _composable/__init__ _composable/checkpoint_activation _composable/contract "
    "_composable/replicate _composable_state _mesh_layout _ops _pycute/__init__ _pycute/int_tuple _pycute/layout "
    "_pycute/typing _serialization algorithms/__init__ algorithms/_checkpoint/__init__ "
    "algorithms/_checkpoint/checkpoint_wrapper algorithms/_comm_hooks/__init__ algorithms/_comm_hooks/default_hooks "
    "algorithms/join autograd/__init__ c10d_logger collective_utils config device_mesh logging_handlers "
    "remote_device rpc/__init__ rpc/_utils rpc/functions tensor/__init__ utils"
)
# What torch._dynamo and torch.export import.
_INDUCTOR = (
    "__init__ _functionalize_collectives analysis/__init__ analysis/device_info cache_key codecache codegen/__init__ "
    "codegen/common codegen/cuda/__init__ codegen/cuda/compile_utils codegen/cuda/cuda_env codegen/rocm/__init__ "
    "codegen/rocm/compile_command codegen/xpu/__init__ codegen/xpu/compile_utils codegen/xpu/xpu_env "
    "compile_worker/__init__ compile_worker/utils compiler_bisector config config_comms cpp_builder cpu_vec_isa "
    "cudagraph_utils fx_passes/__init__ fx_passes/dedupe_symint_uses "
    "custom_graph_pass dtype_propagation exc freezing_utils inductor_prims metrics ops_handler output_code "
    "remote_cache runtime/__init__ runtime/autotune_cache runtime/cache_dir_utils runtime/compile_tasks runtime/hints "
    "runtime/runtime_utils runtime/triton_compat shape_propagation sizevars standalone_compile "
    "test_operators triton_bundler "
    "utils virtualized"
)
KEPT = {
    *(f"torch/_inductor/{name}.py" for name in _INDUCTOR.split()),
    "torch/onnx/__init__.py",
    "torch/onnx/symbolic_helper.py",
    *(f"torch/distributed/{name}.py" for name in _ALONE_TOO.split()),
    *(f"torch/testing/_internal/{name}.py" for name in ("__init__", "common_dtype", "logging_tensor")),
}
# Sources that stay, compressed: torch.jit.script reads those of modules and of functions that scripts call.
KEPT_SOURCES = (
    "torch/__init__.py", "torch/_decomp/decompositions.py", "torch/_decomp/decompositions_for_jvp.py",
    "torch/_functorch/make_functional.py", "torch/_jit_internal.py", "torch/_lobpcg.py", "torch/_lowrank.py",
    "torch/_tensor.py", "torch/amp", "torch/ao", "torch/backends", "torch/distributions", "torch/export/_unlift.py",
    "torch/export/unflatten.py", "torch/functional.py", "torch/fx/_lazy_graph_module.py", "torch/fx/graph_module.py",
    "torch/jit", "torch/masked", "torch/nn", "torch/optim/swa_utils.py", "torch/overrides.py", "torch/random.py",
    "torch/signal", "torch/utils/mkldnn.py",
)  # fmt: skip
