"""Makes the onnxruntime model of a network: one word in, the five likeliest next out, int8 weights.

python make_onnx.py WEIGHTS.npz MODEL.ort per-channel|per-tensor
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper, save
from onnxruntime.quantization import QuantType, quantize_dynamic

_LIKELIEST = 5


def graph_of(weights: dict[str, np.ndarray]) -> tuple[list[object], list[object], int]:
    """Nodes and initialisers of one step in float32, and the number of layers."""
    layers = sum(name.startswith("lstm.weight_ih_l") for name in weights)
    tensors = {"embedding": weights["embedding.weight"], "k": np.array([_LIKELIEST])}
    nodes = [helper.make_node("Gather", ["embedding", "word"], ["x0"])]
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
    return nodes, [numpy_helper.from_array(value, name) for name, value in tensors.items()], layers


def main() -> None:
    """Make the model."""
    source, target, kind = sys.argv[1:]
    weights = dict(np.load(source))
    nodes, initialisers, layers = graph_of(weights)
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
    graph = helper.make_graph(nodes, "step", inputs, outputs, initialisers)
    with tempfile.TemporaryDirectory() as scratch:
        plain, quantised = Path(scratch, "plain.onnx"), Path(scratch, "quantised.onnx")
        save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), plain)
        quantize_dynamic(
            plain,
            quantised,
            op_types_to_quantize=["MatMul"],
            weight_type=QuantType.QInt8,
            per_channel=kind == "per-channel",
            extra_options={"DefaultTensorType": TensorProto.FLOAT},
        )
        options = onnxruntime.SessionOptions()
        options.optimized_model_filepath = target  # loads quicker than what it is made from
        options.add_session_config_entry("session.save_model_format", "ORT")
        onnxruntime.InferenceSession(quantised, options, providers=["CPUExecutionProvider"])


if __name__ == "__main__":
    main()
