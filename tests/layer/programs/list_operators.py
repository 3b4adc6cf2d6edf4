"""Prints what is registered: each operator's schema, and the kernels that serve it for CPU tensors.

Fails if the table of an operator is not the one that follows from the registered kernels.
"""

import re

import torch

_KEYS = {
    *("Undefined", "CPU", "QuantizedCPU", "SparseCPU", "SparseCsrCPU", "NestedTensorCPU", "MkldnnCPU"),
    *("AutogradCPU", "AutogradMeta", "AutogradOther", "ADInplaceOrView", "AutocastCPU", "BackendSelect"),
    *("Conjugate", "Negative", "ZeroTensor"),
}

torch._C._dispatch_check_all_invariants()
for schema in torch._C._jit_get_all_schemas():
    print(schema)
    for kind, arguments in ("argument", schema.arguments), ("result", schema.returns):
        for argument in arguments:
            alias = argument.alias_info
            sets = (sorted(alias.before_set), sorted(alias.after_set), alias.is_write) if alias else ""
            value = argument.default_value if argument.has_default_value() else ""
            types = argument.type, argument.real_type, type(argument.type).__name__, type(argument.real_type).__name__
            flags = argument.N, argument.kwarg_only, argument.is_out  # type: ignore[attr-defined]
            print(schema.name, schema.overload_name, kind, argument.name, *types, *flags, repr(value), sets)
for name in torch._C._dispatch_get_all_op_names():
    for line in torch._C._dispatch_dump_table(name).splitlines():
        if line.partition(":")[0] in _KEYS:
            print(name, re.sub(r"/\S*/(aten|torch)/", r"\1/", line))
