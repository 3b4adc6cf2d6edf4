"""Other engines with the same weights: the time that each takes from nothing to the last of 300 words.

    pip install --target DIR numpy==2.4.6 onnxruntime==1.32.0 onnx==1.23.2
    python -m bench.engines DIR [RUNS]

A run is a process of its own: it imports its library, loads its weights in the form that suits it best, and writes, all
on one thread and this Python. The engines alternate. The end-to-end time is taken from the outside, from the start of
the process to the last word; then the process writes as many words again. Ours runs on the layer alone. Each samples
from the five likeliest words; onnxruntime scores all words in int8, numpy in float32.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bench.init import INSTALLED, our_function
from coldopen.bundle.read import read_bundle
from coldopen.network import NetworkConfig, serving_network
from local.runtime import ROOT, SHIPPED_BUNDLE

_HERE = Path(__file__).resolve().parent
_LIBRARIES = "numpy==2.4.6 onnxruntime==1.32.0 onnx==1.23.2"
_WORDS = 300
_KINDS = ("per-channel", "per-tensor")
_TOTAL = "end to end"
_PARTS = ("import", "load", "first", "next", _TOTAL)
_PEAK = "peak"


@dataclass(frozen=True, slots=True)
class Way:
    """A script and what it runs with."""

    script: str
    path: str
    model: Path

    def run(self, words: int) -> dict[str, float]:
        """Seconds of each part of a run, and of all of it up to the last of the first words."""
        command = [sys.executable, "-S", "-B", str(_HERE / self.script), str(self.model), str(words)]
        threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        begun = time.perf_counter()
        with subprocess.Popen(
            command, env={"PYTHONPATH": f"{self.path}:{ROOT}", **threads}, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            took = time.perf_counter() - begun
            rest = process.stdout.read()
        if process.returncode:
            raise SystemExit(f"{self.script} failed")
        times = json.loads(rest)
        assert len(set(times.pop("ids"))) > 20, f"{self.script} writes no text"
        return {**times, _TOTAL: took}


def ways_in(folder: Path, libraries: str) -> dict[str, Way]:
    """Put the shipped weights into `folder`, once for each engine; returns how to run each.

    Args:
        libraries: the folder that numpy, onnx and onnxruntime are installed in.
    """
    package, path = our_function(folder)
    config, weights = _shipped_weights()
    np.savez(folder / "weights.npz", **weights)
    ways = {"ours": Way("with_coldopen.py", path, package / "model")}
    for kind in _KINDS:
        model = _onnx_model(folder, libraries, kind)
        ways[f"onnxruntime, int8 {kind}"] = Way("with_onnxruntime.py", libraries, model)
    ways["numpy, float32"] = Way(
        "with_numpy.py", libraries, _numpy_arrays(folder / "arrays", config.num_layers, weights)
    )
    torch.save({name: torch.from_numpy(array) for name, array in weights.items()}, folder / "weights.pt")
    ways["stock torch, quantize_dynamic"] = Way("with_quantize_dynamic.py", INSTALLED, folder / "weights.pt")
    return ways


def _shipped_weights() -> tuple[NetworkConfig, dict[str, Any]]:
    """The network's shape, and its weights as float32 arrays, tied ones twice."""
    bundle = read_bundle(str(SHIPPED_BUNDLE))
    network = serving_network(bundle.manifest.network, bundle.state_dict())
    parameters = network.named_parameters(remove_duplicate=False)
    return bundle.manifest.network, {name: weight.numpy() for name, weight in parameters}


def _onnx_model(folder: Path, libraries: str, kind: str) -> Path:
    """Make onnxruntime's model of the folder's weights.npz."""
    model = folder / f"{kind}.ort"
    command = [sys.executable, "-W", "ignore", "-S", "-B", str(_HERE / "make_onnx.py")]
    made = subprocess.run(
        [*command, str(folder / "weights.npz"), str(model), kind],
        env={"PYTHONPATH": libraries}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode:
        raise SystemExit(f"make_onnx.py failed; are onnx and onnxruntime in {libraries}?\n{made.stderr}")
    return model


def _numpy_arrays(folder: Path, num_layers: int, weights: dict[str, Any]) -> Path:
    """Write the arrays that with_numpy.py reads.

    A layer's input and recurrent weights lie side by side. The candidate's rows are doubled, as in coldopen.lstm.
    """
    folder.mkdir()
    for name, key in (("embedding", "embedding.weight"), ("output", "fc.weight"), ("output_bias", "fc.bias")):
        np.save(folder / f"{name}.npy", weights[key])
    for layer in range(num_layers):
        tensors = {name: weights[f"lstm.{name}_l{layer}"].copy() for name in ("weight_ih", "weight_hh")}
        tensors["bias"] = weights[f"lstm.bias_ih_l{layer}"] + weights[f"lstm.bias_hh_l{layer}"]
        for tensor in tensors.values():
            _input, _forget, candidate, _output = np.split(tensor, 4)
            candidate *= 2
        np.save(folder / f"weight{layer}.npy", np.concatenate([tensors["weight_ih"], tensors["weight_hh"]], axis=1))
        np.save(folder / f"bias{layer}.npy", tensors["bias"])
        np.save(folder / f"projection{layer}.npy", weights.get(f"lstm.weight_hr_l{layer}", np.empty(0, np.float32)))
    return folder


def read_arguments(arguments: list[str]) -> tuple[str, int]:
    """The folder of the libraries, and how many runs.

    Raises:
        SystemExit: with a sentence, if they are not there.
    """
    folder = Path(arguments[0]).resolve() if arguments else None
    runs = arguments[1] if len(arguments) > 1 else "9"
    if folder is None or not (folder / "onnxruntime").is_dir() or not runs.isdecimal() or not int(runs):
        raise SystemExit(
            "usage: python -m bench.engines DIR [RUNS], where DIR has what "
            f"`pip install --target DIR {_LIBRARIES}` puts there, and RUNS is a number"
        )
    return str(folder), int(runs)


def main() -> None:
    """Measure and print."""
    libraries, runs = read_arguments(sys.argv[1:])
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as scratch:
        ways = ways_in(Path(scratch), libraries)
        for way in ways.values():
            way.run(_WORDS)
        times: dict[str, list[dict[str, float]]] = {name: [] for name in ways}
        for _ in range(runs):
            for name, way in ways.items():
                times[name].append(way.run(_WORDS))
    print(f"{os.uname().machine}, Python {sys.version.split()[0]}, {runs} alternating runs, medians")
    print("| ms | import | load | first words | next words | end to end | of ours | MB |\n| --- |" + " ---: |" * 7)
    for name, values in times.items():
        medians = [statistics.median(value[part] for value in values) * 1000 for part in _PARTS]
        ratios = [value[_TOTAL] / ours[_TOTAL] for value, ours in zip(values, times["ours"], strict=True)]
        cells = [
            *(f"{ms:.0f}" for ms in medians),
            f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
            f"{statistics.median(value[_PEAK] for value in values):.0f}",
        ]
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
