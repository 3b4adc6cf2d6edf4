"""Runs programs of others with stock torch and on the layer's library part, and compares what they return.

    python -m bench.programs [LAYER] [--python PYTHON] [--table FILE] [NAME ...]

PYTHON has the packages of requirements.txt and stock torch: `make test-programs` makes it. LAYER is a folder that
`layer build --here --python-part library` wrote for the same Python. Each program runs in two new processes, from the
same seed. It passes if all tensors that it returns have the same bits. The exit status is 1 if fewer than 95 % of those
that run on stock torch pass, or one fails without a sentence that names what is missing. FILE is a Markdown file: the
table goes between the comments `<!-- programs -->` and `<!-- end -->`.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from bench.markdown import write
from bench.programs.running import Row, compare, programs

_BEGIN = "<!-- programs -->"
_BAR = 0.95


def table(rows: list[Row]) -> str:
    """The rows as Markdown, with a sentence before."""
    ran = [row for row in rows if not row.stock]
    passed = sum(row.layer == "equal" for row in ran)
    text = (
        f"Of {len(rows)} programs {len(ran)} run on stock torch here, and {passed} of these give the same bits on the "
    )
    text += f"layer ({passed / max(len(ran), 1):.1%}).\n\n| program | on the layer |\n| --- | --- |\n"
    for row in rows:
        text += (
            f"| {row.name.replace('_', ' ')} | {f'not run on stock torch: {row.stock}' if row.stock else row.layer} |\n"
        )
    return text


def main() -> int:
    """Run all programs, or those named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("layer", type=Path)
    parser.add_argument("--python", type=Path, default=Path(".venv/programs/bin/python"))
    parser.add_argument("--table", type=Path)
    parser.add_argument("names", nargs="*")
    options = parser.parse_intermixed_args()
    chosen = [program for program in programs() if not options.names or program[1] in options.names]
    rows = []
    with ThreadPoolExecutor(2) as pool:
        for row in pool.map(partial(compare, options.python.absolute(), options.layer.absolute()), chosen):
            print(f"{row.name:<40} {f'(stock: {row.stock}) ' if row.stock else ''}{row.layer}", flush=True)
            rows.append(row)
    text = table(rows)
    print(text.split("\n")[0])
    if options.table:
        write(options.table, _BEGIN, text)
    ran = [row for row in rows if not row.stock]
    passes = sum(row.layer == "equal" for row in ran) >= _BAR * len(ran)
    return int(not passes or any(row.is_obscure for row in rows))


if __name__ == "__main__":
    sys.exit(main())
