"""Makes onnxruntime's model of a network, int8 by its own tools, in the format that loads quickest.

python make_onnxruntime.py WEIGHTS.npz MODEL.ort per-channel|per-tensor
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime
from onnx import TensorProto, save
from onnxruntime.quantization import QuantType, quantize_dynamic

from bench.engines.onnx_graph import onnx_model

source, target, kind = sys.argv[1:]
with tempfile.TemporaryDirectory() as scratch:
    plain, quantised = Path(scratch, "plain.onnx"), Path(scratch, "quantised.onnx")
    save(onnx_model(dict(np.load(source)), int8=False), plain)
    quantize_dynamic(
        plain,
        quantised,
        op_types_to_quantize=["Gather", "MatMul"],
        weight_type=QuantType.QInt8,
        per_channel=kind == "per-channel",
        extra_options={"DefaultTensorType": TensorProto.FLOAT},
    )
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = target
    options.add_session_config_entry("session.save_model_format", "ORT")
    onnxruntime.InferenceSession(quantised, options, providers=["CPUExecutionProvider"])
