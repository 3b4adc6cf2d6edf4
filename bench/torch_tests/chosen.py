"""Which of PyTorch's test files are run, by what inference uses, and which of their tests."""

from __future__ import annotations

_CHOSEN = """
test: torch autograd complex indexing view_ops shape_ops type_promotion tensor_creation_ops reductions sort_and_select
scatter_gather_ops segment_reductions unary_ufuncs binary_ufuncs linalg spectral_ops foreach masked maskedtensor
namedtensor nestedtensor sparse numpy_interop dlpack type_info serialization stateless overrides pytree subclass
python_dispatch nn modules native_mha transformers mkldnn autocast optim dataloader futures hub jit fx
nn/test: convolution dropout embedding init lazy_modules load_state_dict module_hooks multihead_attention
packed_sequence parametrization pooling pruning
functorch/test: vmap eager_transforms
distributions/test: distributions transforms constraints
quantization/core/test: quantized_op quantized_tensor quantized_module quantized_functional
quantization/eager/test: quantize_eager_ptq
"""


def chosen() -> list[str]:
    """The files' paths below PyTorch's `test/`."""
    paths, start = [], ""
    for word in _CHOSEN.split():
        if word.endswith(":"):
            start = word.removesuffix(":")
        else:
            paths.append(f"{start}_{word}.py")
    return paths


# For pytest's -k. The compiler, the exporter to ONNX and other devices are no part of inference on Lambda.
KEYWORDS = "not dynamo and not compile and not inductor and not cuda and not onnx"
