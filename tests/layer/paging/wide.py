"""A library of 80 blocks with a function in each, one of which runs at exit, and how a script begins that uses it."""

from __future__ import annotations

from pathlib import Path

from layer.paging.blocks import BLOCK

FUNCTIONS = 80
AT_EXIT = 40
HOT = frozenset({"f10", "f30"})
SOURCE = (
    "".join(
        f"__attribute__((aligned({BLOCK}))) long f{n}(long x) {{ return x * {n} + {n}; }}\n" for n in range(FUNCTIONS)
    )
    + f"""
static long (*volatile at_exit)(long) = f{AT_EXIT};
__attribute__((destructor)) static void end(void) {{ at_exit(1); }}
"""
)
START = f"import sys; sys.path[:0] = [{str(Path(__file__).parent / 'programs')!r}, '.']; from wide_library import *\n"
