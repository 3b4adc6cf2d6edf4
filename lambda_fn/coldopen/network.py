"""The network: Embedding -> LSTM -> Dropout -> Linear, one plain torch module for training and serving."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

State = tuple[Tensor, Tensor]
"""LSTM state (h, c), each (num_layers, batch, hidden_size)."""


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """The shape of a network. The seed's: 21,388 words, 250, 256, 2 layers, dropout 0.5."""

    vocabulary_size: int
    embedding_dim: int
    hidden_size: int
    num_layers: int
    dropout: float

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of each tensor in the state_dict, as torch.nn.LSTM documents them."""
        gates = 4 * self.hidden_size  # input, forget, cell, output
        shapes: dict[str, tuple[int, ...]] = {"embedding.weight": (self.vocabulary_size, self.embedding_dim)}
        for layer in range(self.num_layers):
            inputs = self.hidden_size if layer else self.embedding_dim
            shapes[f"lstm.weight_ih_l{layer}"] = (gates, inputs)
            shapes[f"lstm.weight_hh_l{layer}"] = (gates, self.hidden_size)
            shapes[f"lstm.bias_ih_l{layer}"] = (gates,)
            shapes[f"lstm.bias_hh_l{layer}"] = (gates,)
        shapes["fc.weight"] = (self.vocabulary_size, self.hidden_size)
        shapes["fc.bias"] = (self.vocabulary_size,)
        return shapes

    @classmethod
    def of(cls, state_dict: Mapping[str, Tensor], dropout: float = 0.5) -> NetworkConfig:
        """The config that a state_dict's shapes imply (dropout leaves no trace in it).

        Raises:
            ValueError: naming the tensor, if one is missing, left over, or of the wrong shape.
        """
        for name in ("embedding.weight", "fc.weight"):
            if name not in state_dict or state_dict[name].dim() != 2:
                raise ValueError(f"{name} is missing or not two-dimensional; the state_dict has {sorted(state_dict)}")
        config = cls(
            vocabulary_size=state_dict["embedding.weight"].shape[0],
            embedding_dim=state_dict["embedding.weight"].shape[1],
            hidden_size=state_dict["fc.weight"].shape[1],
            num_layers=sum(bool(re.fullmatch(r"lstm\.weight_ih_l\d+", name)) for name in state_dict),
            dropout=dropout,
        )
        config.check(state_dict)
        return config

    def check(self, state_dict: Mapping[str, Tensor]) -> None:
        """Refuse a state_dict whose names or shapes are not this config's.

        Raises:
            ValueError: naming the tensor and both shapes.
        """
        shapes = self.shapes()
        for name, shape in shapes.items():
            if name not in state_dict:
                raise ValueError(f"{name} is missing")
            if tuple(state_dict[name].shape) != shape:
                raise ValueError(f"{name} has shape {tuple(state_dict[name].shape)}, not {shape}")
        for name in state_dict:
            if name not in shapes:
                raise ValueError(f"{name} does not belong to this network")


class ScriptNetwork(nn.Module):
    """The seed's network: each word's logits over the vocabulary, given all words before it."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocabulary_size, config.embedding_dim)
        self.lstm = nn.LSTM(config.embedding_dim, config.hidden_size, config.num_layers, batch_first=True)
        self.dropout = nn.Dropout(config.dropout)
        self.fc = nn.Linear(config.hidden_size, config.vocabulary_size)

    def hidden(self, words: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Run the recurrent part.

        Args:
            words: int64 (batch, time), word ids.
            state: the state to go on from; zeros if None.

        Returns:
            float32 (batch, time, hidden_size), dropped out in training, and the state after the last word.
        """
        outputs, state = self.lstm(self.embedding(words), state)
        return self.dropout(outputs), state

    def forward(self, words: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Logits of each position's successor: float32 (batch, time, vocabulary_size), and the state."""
        hidden, state = self.hidden(words, state)
        return self.fc(hidden), state


def serving_network(config: NetworkConfig, state_dict: Mapping[str, Tensor]) -> ScriptNetwork:
    """The network as it serves: weights in float32 on the CPU, no dropout, no gradients."""
    # not under torch.device("meta"), which would spare the random weights but imports sympy, ten times as slow
    network = ScriptNetwork(config)
    weights = {name: tensor.to(torch.float32) for name, tensor in state_dict.items()}
    network.load_state_dict(weights, assign=True)
    return network.eval().requires_grad_(False)
