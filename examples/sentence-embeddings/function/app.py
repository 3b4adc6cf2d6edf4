"""Answers {"sentences": [...]} with an embedding of 384 numbers for each, by all-MiniLM-L6-v2."""

import json
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

HERE = Path(__file__).parent


class Encoder(nn.Module):
    """BERT as torch itself has it: its layer that normalises last."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(30522, 384)
        self.positions = nn.Embedding(512, 384)
        self.norm = nn.LayerNorm(384, eps=1e-12)
        layer = nn.TransformerEncoderLayer(384, 12, 1536, activation="gelu", layer_norm_eps=1e-12, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 6, enable_nested_tensor=False)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return the embeddings [sentences, 384], of length 1, for ids and their mask [sentences, tokens]."""
        states = self.norm(self.words(ids) + self.positions.weight[: ids.shape[1]])
        states = self.encoder(states, src_key_padding_mask=~mask) * mask[..., None]  # [sentences, tokens, 384]
        return nn.functional.normalize(states.sum(1))  # in the direction of the mean


# All this runs when the function starts, so SnapStart keeps what it makes.
with torch.device("meta"):  # no memory and no random numbers for weights that are read next
    model = Encoder().eval()
weights = torch.load(HERE / "model.pt", weights_only=True)
model.load_state_dict({name: weight.float() for name, weight in weights.items()}, assign=True)
tokenizer = Tokenizer.from_file(str(HERE / "tokenizer.json"))
tokenizer.enable_truncation(256)
tokenizer.enable_padding()


@torch.inference_mode()
def embed(sentences: list[str]) -> list[list[float]]:
    """Return an embedding of 384 numbers for each sentence."""
    found = tokenizer.encode_batch(sentences)
    ids = torch.tensor([each.ids for each in found])
    mask = torch.tensor([each.attention_mask for each in found], dtype=torch.bool)
    embeddings: list[list[float]] = model(ids, mask).tolist()
    return embeddings


embed(["What is slow the first time is done before the snapshot."])


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer a request to the function's URL."""
    try:
        sentences = json.loads(event.get("body") or "")["sentences"]
        if not sentences or not all(isinstance(sentence, str) for sentence in sentences):
            raise ValueError
    except (ValueError, KeyError, TypeError):
        return {"statusCode": 400, "body": 'The body must be {"sentences": ["...", ...]}.'}
    return {"statusCode": 200, "body": json.dumps({"embeddings": embed(sentences)})}
