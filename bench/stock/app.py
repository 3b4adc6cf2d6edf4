"""The function that anybody would write first: everything imported at once, stock torch, dynamic quantisation."""

import json
from pathlib import Path
from typing import Any

import boto3
import torch
from torch import Tensor, nn

_MODEL = Path(__file__).parent / "model"


class Network(nn.Module):
    """The network, as in training."""

    def __init__(self, words: int, embedding_dim: int, hidden_size: int, num_layers: int, proj_size: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, embedding_dim)
        self.lstm = nn.LSTM(embedding_dim, hidden_size, num_layers, batch_first=True, proj_size=proj_size)
        self.fc = nn.Linear(proj_size or hidden_size, words)

    def forward(self, words: Tensor) -> Tensor:
        """Logits of the word after the last: (1, words in the vocabulary)."""
        logits: Tensor = self.fc(self.lstm(self.embedding(words))[0][:, -1])
        return logits


s3 = boto3.client("s3", region_name="us-east-1")
vocabulary = json.loads((_MODEL / "vocab.json").read_text())
sizes = json.loads((_MODEL / "sizes.json").read_text())
network = Network(**sizes)
network.load_state_dict(torch.load(_MODEL / "model.pt"))
quantize: Any = torch.ao.quantization.quantize_dynamic
# it has no LSTM with projections
kinds: set[type[nn.Module]] = {nn.Linear} if sizes["proj_size"] else {nn.Linear, nn.LSTM}
network = quantize(network.eval(), kinds, dtype=torch.qint8)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """One word after the prime word."""
    prime = vocabulary.index(json.loads(event["body"])["prime"] + ":")
    with torch.no_grad():
        word = vocabulary[int(network(torch.tensor([[prime]])).argmax())]
    return {"statusCode": 200, "body": json.dumps({"script": word})}
