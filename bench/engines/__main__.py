"""Other engines with the same weights: the time that each takes from nothing to the last of 300 words.

    pip install --target DIR numpy==2.4.6 onnxruntime==1.32.0 onnx==1.23.2 openvino==2026.4.1
    python -m bench.engines DIR [RUNS]

A run is a process of its own: it imports its library, loads files that were made beforehand, and writes 300 words, then
300 more, each drawn from the five likeliest, all on one thread and this Python. The engines alternate. Ours runs on the
layer; what counts as its package is the layer, the bundle, and the modules that the engine needs. The whole road's time
is taken from the outside, from the start of the process to the last of the first words.

Before that, each engine reads a text that ours has written, and its five likeliest after each word are compared with
those of the network in float32.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import distributions
from pathlib import Path

import torch

from bench.engines.agreement import float32_likeliest, same_share
from bench.engines.models import OURS, ways_in
from bench.engines.way import Run, Way
from coldopen.bundle.read import read_bundle
from coldopen.network import ScriptNetwork, serving_network
from local.runtime import SHIPPED_BUNDLE

_LIBRARIES = {"numpy": "2.4.6", "onnxruntime": "1.32.0", "onnx": "1.23.2", "openvino": "2026.4.1"}
_WORDS = 300
_RUNS = 9
_PARTS = {"import": "import", "load": "load", "first": "first 300", "next": "next 300", "road": "whole road"}


def read_arguments(arguments: Sequence[str]) -> tuple[Path, int]:
    """The folder of the libraries, and how many runs; exits with a sentence if they are not there."""
    runs = arguments[1] if len(arguments) > 1 else str(_RUNS)
    folder = Path(arguments[0]).resolve() if arguments else None
    missing = folder is None or not all((folder / name).is_dir() for name in _LIBRARIES)
    if folder is None or missing or len(arguments) > 2 or not runs.isdecimal() or not int(runs):
        wanted = " ".join(f"{name}=={version}" for name, version in _LIBRARIES.items())
        print(
            f"usage: python -m bench.engines DIR [RUNS], where DIR has what `pip install --target DIR {wanted}` puts "
            f"there, and RUNS is 1 or more ({_RUNS} if left out)",
            file=sys.stderr,
        )
        raise SystemExit(2)
    return folder, int(runs)


def same_five(ways: Mapping[str, Way], network: ScriptNetwork, text: Path) -> dict[str, float]:
    """For each engine, the share of a text's positions at which its five likeliest are those of the network.

    Args:
        network: in float32.
        text: the file for the text, which ours writes.
    """
    ids = ways[OURS].run(_WORDS).ids
    text.write_text(json.dumps(ids))
    wanted = float32_likeliest(network, ids)
    return {name: same_share(way.run(_WORDS, text).likeliest or [], wanted) for name, way in ways.items()}


def table(ways: Mapping[str, Way], runs: Mapping[str, Sequence[Run]], same: Mapping[str, float]) -> str:
    """Lines of a table, ours first; times are medians in milliseconds, the wall's and the processor's."""
    columns = [*_PARTS.values(), "of ours", "of ours, processor", "memory, MB", "package, MB", "same five"]
    lines = [f"| ms, wall / processor | {' | '.join(columns)} |", "| --- |" + " ---: |" * len(columns)]
    for name, way in ways.items():
        pairs = list(zip(runs[name], runs[OURS], strict=True))
        cells = [_times([(one.wall[part], one.processor[part]) for one in runs[name]]) for part in _PARTS]
        cells += [
            _spread([one.wall["road"] / ours.wall["road"] for one, ours in pairs]),
            _spread([one.processor["road"] / ours.processor["road"] for one, ours in pairs]),
            f"{statistics.median(one.peak_mb for one in runs[name]):.0f}",
            f"{way.package_bytes / 1e6:.0f}",
            f"{same[name]:.1%}",
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _times(seconds: Sequence[tuple[float, float]]) -> str:
    return " / ".join(f"{statistics.median(values) * 1000:.0f}" for values in zip(*seconds, strict=True))


def _spread(ratios: Sequence[float]) -> str:
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def main() -> None:
    """Measure and print."""
    libraries, num_runs = read_arguments(sys.argv[1:])
    torch.set_num_threads(1)
    bundle = read_bundle(str(SHIPPED_BUNDLE))
    network = serving_network(bundle.manifest.network, bundle.state_dict())
    with tempfile.TemporaryDirectory() as scratch:
        ways = ways_in(Path(scratch), libraries, network)
        same = same_five(ways, network, Path(scratch) / "text.json")
        runs: dict[str, list[Run]] = {name: [] for name in ways}
        for _ in range(num_runs):
            for name, way in ways.items():
                runs[name].append(way.run(_WORDS))
    versions = {one.metadata["Name"]: one.version for one in distributions(path=[str(libraries)])}
    print(f"{os.uname().machine}, Python {sys.version.split()[0]}, torch {torch.__version__}, ", end="")
    print(f"{', '.join(f'{name} {versions[name]}' for name in _LIBRARIES)}; {num_runs} alternating runs\n")
    print(table(ways, runs, same))


if __name__ == "__main__":
    main()
