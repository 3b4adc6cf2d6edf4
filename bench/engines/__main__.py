"""Other engines with the same weights: milliseconds per word, and the road from nothing to the last of 300 words.

    pip install --target DIR numpy==2.4.6 onnxruntime==1.32.0 onnx==1.23.2
    python -m bench.engines DIR [RUNS]

A run is a process of its own that imports its library, loads its weights in the form that suits it best, and writes,
all on one thread and this Python; the ways alternate. The road is timed from the outside, from the start of the process
to the last word; then it writes as many again. Ours runs on the layer alone. Each samples from the five likeliest
words; onnxruntime scores all words in int8, numpy in float32.
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

from bench.init import our_function
from coldopen.bundle import read_bundle
from coldopen.network import serving_network
from local.runtime import ROOT, SHIPPED_BUNDLE

_HERE = Path(__file__).resolve().parent
_WORDS = 300
_KINDS = ("per-channel", "per-tensor")


@dataclass(frozen=True, slots=True)
class Way:
    """A script and what it runs with."""

    script: str
    path: str
    model: Path

    def run(self, words: int) -> dict[str, float]:
        """Seconds of each part of the road, and of all of it."""
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
        assert len(set(times.pop("words"))) > 20, f"{self.script} writes no text"
        return {**times, "road": took}


def ways_in(folder: Path, libraries: str) -> dict[str, Way]:
    """Put the shipped weights into `folder`, once for each engine."""
    package, path = our_function(folder)
    ways = {"ours": Way("our_road.py", path, package / "model")}
    bundle = read_bundle(str(SHIPPED_BUNDLE))
    network = serving_network(bundle.manifest.network, bundle.state_dict)
    parameters = network.named_parameters(remove_duplicate=False)  # tied ones twice
    weights: dict[str, Any] = {name: weight.numpy() for name, weight in parameters}
    np.savez(folder / "weights.npz", **weights)
    for kind in _KINDS:
        model = folder / f"{kind}.ort"
        command = [sys.executable, "-W", "ignore", "-S", "-B", str(_HERE / "make_onnx.py")]
        made = subprocess.run(
            [*command, str(folder / "weights.npz"), str(model), kind],
            env={"PYTHONPATH": libraries}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if made.returncode:
            raise SystemExit(f"make_onnx.py failed; are onnx and onnxruntime in {libraries}?\n{made.stderr}")
        ways[f"onnxruntime, int8 {kind}"] = Way("onnxruntime_road.py", libraries, model)
    arrays = folder / "arrays"
    arrays.mkdir()
    for name, key in (("embedding", "embedding.weight"), ("output", "fc.weight"), ("output_bias", "fc.bias")):
        np.save(arrays / f"{name}.npy", weights[key])
    for layer in range(bundle.manifest.network.num_layers):
        tensors = {name: weights[f"lstm.{name}_l{layer}"].copy() for name in ("weight_ih", "weight_hh")}
        tensors["bias"] = weights[f"lstm.bias_ih_l{layer}"] + weights[f"lstm.bias_hh_l{layer}"]
        for tensor in tensors.values():
            np.split(tensor, 4)[2][:] *= 2
        np.save(arrays / f"weight{layer}.npy", np.concatenate([tensors["weight_ih"], tensors["weight_hh"]], axis=1))
        np.save(arrays / f"bias{layer}.npy", tensors["bias"])
        np.save(arrays / f"projection{layer}.npy", weights.get(f"lstm.weight_hr_l{layer}", np.empty(0, np.float32)))
    ways["numpy, float32"] = Way("numpy_road.py", libraries, arrays)
    return ways


def main() -> None:
    """Measure and print."""
    libraries, runs = str(Path(sys.argv[1]).resolve()), int(sys.argv[2]) if len(sys.argv) > 2 else 9
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
    print(f"{'':<30}{'import':>9}{'load':>9}{f'first {_WORDS}':>11}{f'next {_WORDS}':>10}{'road':>9}   road / ours")
    for name, values in times.items():
        medians = {part: statistics.median(value[part] for value in values) for part in values[0]}
        ratios = [value["road"] / ours["road"] for value, ours in zip(values, times["ours"], strict=True)]
        print(
            f"{name:<30}{medians['import'] * 1000:>6.0f} ms{medians['load'] * 1000:>6.0f} ms"
            f"{medians['first'] * 1000:>8.0f} ms{medians['next'] * 1000:>7.0f} ms{medians['road'] * 1000:>6.0f} ms   "
            f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        )


if __name__ == "__main__":
    main()
