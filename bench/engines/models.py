"""The shipped network's files for each engine, made beforehand, in the form that suits it best."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import nn

from bench.engines.package import bytes_of, installed_bytes
from bench.engines.way import Way
from bench.init import INSTALLED, our_function
from coldopen.network import ScriptNetwork
from local.runtime import ROOT

OURS = "ours, on the layer"

_HERE = Path(__file__).resolve().parent
_KINDS = {"per-channel": "a scale for each row", "per-tensor": "one scale for each matrix"}


def ways_in(folder: Path, libraries: Path, network: ScriptNetwork) -> dict[str, Way]:
    """Put the network into `folder`, once for each engine; returns how to run each, ours first.

    Args:
        libraries: the folder that numpy, onnx, onnxruntime and openvino are installed in.
        network: the shipped one.
    """
    np.savez(folder / "weights.npz", **_weights(network))  # type: ignore[arg-type]
    ways = {OURS: _ours(folder)}
    for kind, described in _KINDS.items():
        model = _made("make_onnxruntime.py", folder, f"{kind}.ort", libraries, kind)
        ways[f"onnxruntime, int8, {described}"] = _way("with_onnxruntime.py", libraries, "onnxruntime", model)
    model = _made("make_openvino.py", folder, "openvino.xml", libraries)
    size = bytes_of(model, model.with_suffix(".bin")) + installed_bytes(libraries, "openvino")
    ways["OpenVINO, int8, a scale for each row"] = Way("with_openvino.py", str(libraries), model, size)
    arrays = numpy_arrays(folder / "arrays", network)
    ways["numpy, float32"] = _way("with_numpy.py", libraries, "numpy", arrays)
    quantised = quantised_dynamically(network, folder / "quantised.pt")
    ways["stock torch, `quantize_dynamic`"] = _way("with_quantize_dynamic.py", Path(INSTALLED), "torch", quantised)
    return ways


def _weights(network: ScriptNetwork) -> dict[str, np.ndarray]:
    """In float32, named as in the network's state_dict, tied ones twice."""
    return {name: weight.detach().numpy() for name, weight in network.named_parameters(remove_duplicate=False)}


def _ours(folder: Path) -> Way:
    """The layer and the function's package; of the package counts what the engine needs."""
    package, path = our_function(folder)
    parts = [folder / "layer" / "python", *(package / name for name in ("coldopen", "safetensors", "model"))]
    return Way("with_coldopen.py", path, package / "model", bytes_of(*parts))


def _way(script: str, libraries: Path, distribution: str, model: Path) -> Way:
    return Way(script, str(libraries), model, bytes_of(model) + installed_bytes(libraries, distribution))


def _made(script: str, folder: Path, name: str, libraries: Path, *arguments: str) -> Path:
    """Let a script make a model of the folder's weights.npz."""
    command = [sys.executable, "-W", "ignore", "-S", "-B", str(_HERE / script), str(folder / "weights.npz")]
    made = subprocess.run(
        [*command, str(folder / name), *arguments],
        env={"PYTHONPATH": f"{libraries}:{ROOT}"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode:
        raise SystemExit(f"{script} failed with what is in {libraries}:\n{made.stderr}")
    return folder / name


def quantised_dynamically(network: ScriptNetwork, file: Path) -> Path:
    """Save the network as stock torch's modules, quantised by `quantize_dynamic`.

    That has no LSTM with projections: then the output layer alone is in int8.
    """
    config = network.config
    lstm = nn.LSTM(
        config.embedding_dim, config.hidden_size, config.num_layers, batch_first=True, proj_size=config.proj_size
    )
    parts = {
        "embedding": nn.Embedding(config.vocabulary_size, config.embedding_dim), "lstm": lstm,
        "fc": nn.Linear(config.output_size, config.vocabulary_size),
    }  # fmt: skip
    modules = nn.ModuleDict(parts)
    modules.load_state_dict(dict(network.named_parameters(remove_duplicate=False)))
    kinds: set[type[nn.Module]] = {nn.Linear} if config.proj_size else {nn.Linear, nn.LSTM}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch means to leave all of it to torchao
        quantize = torch.ao.quantization.quantize_dynamic
        torch.save(quantize(modules.eval(), kinds, dtype=torch.qint8), file)  # type: ignore[no-untyped-call]
    return file


def numpy_arrays(folder: Path, network: ScriptNetwork) -> Path:
    """Write the arrays that with_numpy.py reads.

    A layer's input and recurrent weights lie side by side. The candidate's rows are doubled, as in coldopen.lstm.
    """
    folder.mkdir()
    weights = _weights(network)
    np.save(folder / "embedding.npy", weights["embedding.weight"])
    if not np.array_equal(weights["embedding.weight"], weights["fc.weight"]):
        np.save(folder / "output.npy", weights["fc.weight"])
    np.save(folder / "output_bias.npy", weights["fc.bias"])
    for layer in range(network.config.num_layers):
        tensors = {name: weights[f"lstm.{name}_l{layer}"].copy() for name in ("weight_ih", "weight_hh")}
        tensors["bias"] = weights[f"lstm.bias_ih_l{layer}"] + weights[f"lstm.bias_hh_l{layer}"]
        for tensor in tensors.values():
            _input, _forget, candidate, _output = np.split(tensor, 4)
            candidate *= 2
        np.save(folder / f"weight{layer}.npy", np.concatenate([tensors["weight_ih"], tensors["weight_hh"]], axis=1))
        np.save(folder / f"bias{layer}.npy", tensors["bias"])
        np.save(folder / f"projection{layer}.npy", weights.get(f"lstm.weight_hr_l{layer}", np.empty(0, np.float32)))
    return folder
