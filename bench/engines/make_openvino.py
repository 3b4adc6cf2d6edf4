"""Makes OpenVINO's model of a network, weights in int8 with a scale for each row.

python make_openvino.py WEIGHTS.npz MODEL.xml
"""

from __future__ import annotations

import io
import sys

import numpy as np
import openvino

from bench.engines.onnx_graph import onnx_model

source, target = sys.argv[1:]
model = openvino.Core().read_model(io.BytesIO(onnx_model(dict(np.load(source)), int8=True).SerializeToString()))
openvino.save_model(model, target, compress_to_fp16=False)
