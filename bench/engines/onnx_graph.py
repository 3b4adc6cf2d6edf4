"""The network as an ONNX graph: one word in, the five likeliest next out, the LSTM's states in and out.

The LSTM's gates are one product of the layer's input and last output side by side, which engines quantise as such.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

_LIKELIEST = 5
_INT8 = 127


def onnx_model(weights: dict[str, np.ndarray], int8: bool) -> Any:
    """The model.

    Args:
        weights: float32, named as in the network's state_dict, tied ones twice.
        int8: whether matrices are kept in int8, with a scale for each row of the network's, and are float32 again
            where they are used; if not, they are float32.
    """
    nodes, tensors, layers = _step(weights)
    if int8:
        nodes, tensors = _dequantised(tensors) + nodes, _quantised(tensors)
    gates, outputs_size = weights["lstm.weight_hh_l0"].shape
    sizes = {"h": outputs_size, "c": gates // 4}
    states = [f"{name}{n}" for n in range(layers) for name in ("h", "c")]
    inputs = [helper.make_tensor_value_info("word", TensorProto.INT64, [1])]
    inputs += [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, sizes[name[0]]]) for name in states]
    outputs = [
        helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, _LIKELIEST]),
        helper.make_tensor_value_info("words", TensorProto.INT64, [1, _LIKELIEST]),
    ]
    outputs += [
        helper.make_tensor_value_info(f"next_{name}", TensorProto.FLOAT, [1, sizes[name[0]]]) for name in states
    ]
    initialisers = [numpy_helper.from_array(value, name) for name, value in tensors.items()]
    graph = helper.make_graph(nodes, "step", inputs, outputs, initialisers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def _step(weights: dict[str, np.ndarray]) -> tuple[list[Any], dict[str, np.ndarray], int]:
    """Nodes and tensors of one step in float32, and the number of layers."""
    layers = sum(name.startswith("lstm.weight_ih_l") for name in weights)
    tensors = {"embedding": weights["embedding.weight"], "k": np.array([_LIKELIEST])}
    nodes: list[Any] = [helper.make_node("Gather", ["embedding", "word"], ["x0"])]
    for n in range(layers):
        ingoing, recurrent = weights[f"lstm.weight_ih_l{n}"], weights[f"lstm.weight_hh_l{n}"]
        tensors[f"w{n}"] = np.concatenate([ingoing, recurrent], axis=1).T.copy()
        tensors[f"b{n}"] = weights[f"lstm.bias_ih_l{n}"] + weights[f"lstm.bias_hh_l{n}"]
        gates = [f"{gate}{n}" for gate in ("in", "forget", "candidate", "out")]
        nodes += [
            helper.make_node("Concat", [f"x{n}", f"h{n}"], [f"xh{n}"], axis=1),
            helper.make_node("MatMul", [f"xh{n}", f"w{n}"], [f"product{n}"]),
            helper.make_node("Add", [f"product{n}", f"b{n}"], [f"gates{n}"]),
            helper.make_node("Split", [f"gates{n}"], gates, axis=1, num_outputs=4),
            *(helper.make_node("Tanh" if "cand" in gate else "Sigmoid", [gate], [f"{gate}_"]) for gate in gates),
            helper.make_node("Mul", [f"forget{n}_", f"c{n}"], [f"kept{n}"]),
            helper.make_node("Mul", [f"in{n}_", f"candidate{n}_"], [f"new{n}"]),
            helper.make_node("Add", [f"kept{n}", f"new{n}"], [f"next_c{n}"]),
            helper.make_node("Tanh", [f"next_c{n}"], [f"squashed{n}"]),
            helper.make_node("Mul", [f"out{n}_", f"squashed{n}"], [f"whole_h{n}"]),
        ]
        projection = weights.get(f"lstm.weight_hr_l{n}")
        if projection is None:
            nodes.append(helper.make_node("Identity", [f"whole_h{n}"], [f"next_h{n}"]))
        else:
            tensors[f"p{n}"] = projection.T.copy()
            nodes.append(helper.make_node("MatMul", [f"whole_h{n}", f"p{n}"], [f"next_h{n}"]))
        nodes.append(helper.make_node("Identity", [f"next_h{n}"], [f"x{n + 1}"]))
    tensors["w"], tensors["b"] = weights["fc.weight"].T.copy(), weights["fc.bias"]
    nodes += [
        helper.make_node("MatMul", [f"x{layers}", "w"], ["product"]),
        helper.make_node("Add", ["product", "b"], ["scores"]),
        helper.make_node("TopK", ["scores", "k"], ["logits", "words"], axis=1),
    ]
    return nodes, tensors, layers


def _dequantised(tensors: dict[str, np.ndarray]) -> list[Any]:
    """Nodes that make each matrix of its int8 numbers and scales."""
    return [
        helper.make_node("DequantizeLinear", [f"{name}.int8", f"{name}.scale"], [name], axis=_row_axis(name))
        for name, values in tensors.items()
        if values.ndim == 2
    ]


def _quantised(tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The tensors, with int8 numbers and scales in each matrix's place."""
    kept = {name: values for name, values in tensors.items() if values.ndim != 2}
    for name, values in tensors.items():
        if values.ndim == 2:
            largest = np.abs(values).max(axis=1 - _row_axis(name), keepdims=True)
            scale = np.where(largest > 0, largest, 1).astype(np.float32) / _INT8
            kept |= {f"{name}.int8": np.rint(values / scale).astype(np.int8), f"{name}.scale": scale.ravel()}
    return kept


def _row_axis(name: str) -> int:
    """The axis of the network's rows: all matrices but the embedding are transposed."""
    return 0 if name == "embedding" else 1
