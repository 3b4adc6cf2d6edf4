"""Networks as people write them elsewhere, and their words."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

WORDS = [
    *("<PAD>", "the", "a", "marla:", "otto:", "||return||", "||period||", "||comma||", "||questionmark||"),
    *("hello", "you", "i", "what", "is", "it", "no", "yes", "soup", "don't", "big"),
]


class Foreign(nn.Module):
    """Embedding, LSTM and linear layer, called as `names` says."""

    def __init__(
        self,
        size: int = len(WORDS),
        dim: int = 8,
        hidden: int = 16,
        names: tuple[str, str, str] = ("embed", "lstm", "fc"),
        bidirectional: bool = False,
        lstm_bias: bool = True,
        output_bias: bool = True,
    ) -> None:
        super().__init__()
        torch.manual_seed(2)
        self.names = names
        directions = 2 if bidirectional else 1
        lstm = nn.LSTM(dim, hidden, 2, batch_first=True, dropout=0.5, bidirectional=bidirectional, bias=lstm_bias)
        self.add_module(names[0], nn.Embedding(size, dim))
        self.add_module(names[1], lstm)
        self.add_module(names[2], nn.Linear(hidden * directions, size, bias=output_bias))

    def forward(self, ids: Tensor) -> Tensor:
        """Logits (batch, time, words) of ids (batch, time)."""
        embedding, lstm, output = (self.get_submodule(name) for name in self.names)
        logits: Tensor = output(lstm(embedding(ids))[0])
        return logits


@torch.no_grad()
def logits_of(network: nn.Module) -> Tensor:
    """What a network, of elsewhere or of ours, makes of each word in turn: float32 (words, words)."""
    found = network.eval()(torch.arange(len(WORDS))[None])
    logits: Tensor = found[0] if isinstance(found, tuple) else found
    return logits[0, :, : len(WORDS)]


def save(content: object, folder: Path) -> Path:
    """A file of torch.save."""
    torch.save(content, folder / "model.pt")
    return folder / "model.pt"
