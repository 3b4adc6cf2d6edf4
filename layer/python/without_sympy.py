"""What lets the library part do without sympy, which stock torch imports for sizes that are symbols.

Such sizes come from TorchDynamo and `torch.export` alone, which need sympy.
"""

from textwrap import indent

from layer.python.rules import Edit

_INIT, _COMPILER_INIT, _OPTIMIZER = "torch/__init__.py", "torch/compiler/__init__.py", "torch/optim/optimizer.py"
# What keeps TorchDynamo away need not import it, and sympy with it, where nothing else has: it can't be at work.
_DISABLE = "                import torch._dynamo\n\n                # We can safely turn off functools.wraps"
_DISABLE_IF_THERE = _DISABLE.replace(
    "                import torch._dynamo\n",
    '                if "torch._dynamo" not in sys.modules:\n                    return fn(*args, **kwargs)\n'
    "                import torch._dynamo\n",
)
_NO_COMPILED_AUTOGRAD = "    with torch._dynamo.compiled_autograd._disable():\n"
_NO_COMPILED_AUTOGRAD_IF_THERE = """    import sys

    dynamo = sys.modules.get("torch._dynamo.compiled_autograd")
    with dynamo._disable() if dynamo else contextlib.nullcontext():
"""
_BREAK = "            torch._dynamo.graph_break()\n"
_BREAK_IF_COMPILING = "            if torch.compiler.is_compiling():\n                torch._dynamo.graph_break()\n"
_NO_SYMPY = """    import importlib.util

    if importlib.util.find_spec("sympy") is None:  # without it there is no TorchDynamo to tell
        return fn if fn is not None else lambda fn: fn
"""
_DISABLED = "    import torch._dynamo\n\n    return torch._dynamo.disable(fn, "
_ALLOWED = "    import torch._dynamo\n\n    return torch._dynamo.allow_in_graph(fn)\n"
_EXPECT_TRUE = "    from torch.fx.experimental.symbolic_shapes import expect_true\n\n    if expect_true(cond):\n"
_HOLDS = """    if not isinstance(cond, builtins.bool):
        from torch.fx.experimental.symbolic_shapes import expect_true

        cond = expect_true(cond)
    if cond:
"""
_SYM_EQ = "from torch.fx.experimental.symbolic_shapes import expect_true, sym_eq\n"
_SAME_SHAPE = "                shape_matches = expect_true(sym_eq(out_size, first_grad.size()))\n"
_SAME_SHAPE_OF_NUMBERS = f"""                if all(type(size) is int for size in (*out_size, *first_grad.size())):
                    shape_matches = out_size == first_grad.size()
                else:
                    {_SYM_EQ}
    {_SAME_SHAPE}"""
_FOR_BROADCAST = """def _broadcast_shapes(*_shapes):
    from torch.fx.experimental.symbolic_shapes import (
        guard_or_false,
        guarding_hint_or_throw,
        has_guarding_hint,
        is_nested_int,
    )
"""
_FOR_BROADCAST_OF_NUMBERS = """def _broadcast_shapes(*_shapes):
    import sys

    if "torch.fx.experimental.symbolic_shapes" in sys.modules:
        from torch.fx.experimental.symbolic_shapes import (
            guard_or_false,
            guarding_hint_or_throw,
            has_guarding_hint,
            is_nested_int,
        )
    else:  # no size can be a symbol
        guard_or_false, guarding_hint_or_throw, has_guarding_hint = bool, int, lambda size: True
        is_nested_int = lambda size: isinstance(size, torch.SymInt) and size.node.is_nested_int()
"""
_ADVISE = """    from torch.fx.experimental.symbolic_shapes import _advise_is_size

    _advise_is_size(i)
"""
_BOUND = """        from torch.fx.experimental.symbolic_shapes import _advise_is_bounded

        _advise_is_bounded(i, max)
"""
EDITS = (
    Edit("torch/_compile.py", "import functools\n", "import functools\nimport sys\n"),
    Edit("torch/_compile.py", _DISABLE, _DISABLE_IF_THERE),
    Edit("torch/_functorch/eager_transforms.py", _NO_COMPILED_AUTOGRAD, _NO_COMPILED_AUTOGRAD_IF_THERE),
    Edit(_OPTIMIZER, "        import torch._dynamo\n\n        self = cast(", "        self = cast("),
    *(
        Edit(_OPTIMIZER, f"{before}\n{_BREAK}", f"{before}\n{_BREAK_IF_COMPILING}")
        for before in ('self.defaults["differentiable"])', "        finally:")
    ),
    *(Edit(_COMPILER_INIT, text, _NO_SYMPY + text) for text in (_DISABLED, _ALLOWED)),
    Edit(_INIT, _EXPECT_TRUE, _HOLDS),
    *(
        Edit(_INIT, advise, f"{margin}if not isinstance(i, builtins.int):\n{indent(advise, '    ')}")
        for margin, advise in (("    ", _ADVISE), ("        ", _BOUND))
    ),
    Edit("torch/autograd/__init__.py", f"            {_SYM_EQ}\n            first_grad", "            first_grad"),
    Edit("torch/autograd/__init__.py", _SAME_SHAPE, _SAME_SHAPE_OF_NUMBERS),
    Edit("torch/_refs/__init__.py", _FOR_BROADCAST, _FOR_BROADCAST_OF_NUMBERS),
)
