"""Time `import torch`, stock and from a layer, alternating, each in a fresh process.

    python bench/import_torch.py --stock FOLDER --slim FOLDER [--python PYTHON] [--runs N]

A FOLDER is what goes on the path: a layer's `python` folder, or a site-packages. Run it twice: the first run writes
bytecode where the folders can be written to. `-B` gives what a read-only folder without bytecode costs.
"""

import argparse
import statistics
import subprocess
import sys
from pathlib import Path

_SCRIPT = """
import sys, time
sys.path.insert(0, sys.argv[1])
start = time.perf_counter()
import torch
print(time.perf_counter() - start, len(sys.modules))
"""


def measure(python: str, folder: Path, bytecode: bool) -> tuple[float, int]:
    """Return the seconds that `import torch` takes from `folder`, and how many modules there are then."""
    flags = ["-S", "-E", "-W", "ignore"] if bytecode else ["-S", "-E", "-B", "-W", "ignore"]
    command = [python, *flags, "-c", _SCRIPT, str(folder)]
    seconds, modules = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return float(seconds), int(modules)


def main() -> None:
    parser = argparse.ArgumentParser(description="Time `import torch`, stock and slim, alternating.")
    parser.add_argument("--stock", type=Path, required=True)
    parser.add_argument("--slim", type=Path, required=True)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("-B", dest="no_bytecode", action="store_true", help="write no bytecode")
    options = parser.parse_args()
    pairs = []
    for run in range(options.runs + 1):
        stock = measure(options.python, options.stock, not options.no_bytecode)
        slim = measure(options.python, options.slim, not options.no_bytecode)
        if run:  # the first one warms the page cache
            pairs.append((stock, slim))
    ratios = sorted(slim[0] / stock[0] for stock, slim in pairs)
    for name, column in (("stock", 0), ("slim", 1)):
        times = [pair[column][0] * 1000 for pair in pairs]
        print(f"{name}: {statistics.median(times):.0f} ms ({min(times):.0f} to {max(times):.0f})", end=", ")
        print(f"{pairs[0][column][1]} modules")
    print(f"ratio: {statistics.median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f}), {options.runs} runs")


if __name__ == "__main__":
    main()
