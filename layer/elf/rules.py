"""What is known of torch's libraries: which initialisers and functions the inference-only torch goes without."""

LIBRARY = "libtorch_cpu.so"
"""The library that the initialisers are in."""

SKIPPED = (
    r"TraceType(Manual|_\d+)\.cpp",  # torch.jit.trace
    r"RegisterFunctionalization_\d+\.cpp",  # torch.func.functionalize, torch.export
    r"BatchRules\w+\.cpp",  # torch.vmap
    r"LegacyBatchingRegistrations\.cpp",
    r"VmapModeRegistrations\.cpp",
    r"dnnl_backend\.cpp",  # oneDNN's graphs, for torch.jit
)
"""Source files, as regular expressions, whose initialisers are left out."""

SKIPPED_FOR_LIBRARY = (r"MetaFallbackKernel\.cpp",)
"""The same for the library part: it refuses in Python what has no kernel on the meta device."""

PYTHON_LIBRARY = "libtorch_python.so"
"""The library that the functions are in."""

UNUSED_BINDINGS = (
    "_Z25THPAutograd_initFunctionsv",  # a class for each grad_fn: without them all are CppFunction
    "_ZN5torch11distributed21initPlacementBindingsEP7_object",
    "_ZN5torch17functionalization10initModuleEP7_object",
    "_ZN5torch20throughput_benchmark31initThroughputBenchmarkBindingsEP7_object",
    "_ZN5torch3jit22initTensorExprBindingsEP7_object",
    "_ZN5torch3jit24initStaticModuleBindingsEP7_object",
    "_ZN5torch4lazy16initLazyBindingsEP7_object",
    "_ZN5torch4mtia10initModuleEP7_object",
    "_ZN5torch6dynamo18initDynamoBindingsEP7_object",
    "_ZN5torch6python13init_bindingsEP7_object",  # C++'s modules
    "_ZN5torch7_export18initExportBindingsEP7_object",
    "_ZN5torch7monitor19initMonitorBindingsEP7_object",
    "_ZN5torch8inductor22initAOTIRunnerBindingsEP7_object",
    "_ZN5torch8inductor23initAOTIPackageBindingsEP7_object",
)
"""Functions, by their mangled names, that only add to the extension module what nothing uses. They return nothing."""
