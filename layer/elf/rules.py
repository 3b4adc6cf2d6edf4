"""What is known of torch's static initialisers: which of them the inference-only torch goes without."""

LIBRARY = "libtorch_cpu.so"
"""The library that they are in."""

SKIPPED = (
    r"TraceType(Manual|_\d+)\.cpp",  # torch.jit.trace
    r"RegisterFunctionalization_\d+\.cpp",  # torch.func.functionalize, torch.export
    r"BatchRules\w+\.cpp",  # torch.vmap
    r"LegacyBatchingRegistrations\.cpp",
    r"VmapModeRegistrations\.cpp",
    r"dnnl_backend\.cpp",  # oneDNN's graphs, for torch.jit
)
"""Source files, as regular expressions, whose initialisers are left out."""
