"""The network: Embedding -> LSTM -> Dropout -> Linear, one plain torch module for training and serving.

Its shape and the names of its weights are those of the original project, so weights that were trained there fit.

Two parts are optional: an LSTM whose outputs are projected (`proj_size`; Sak et al. 2014), and an output layer that
shares the embedding's weight (`tied`; Press & Wolf 2017, Inan et al. 2017).
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

State = tuple[Tensor, Tensor]
"""LSTM state: h (num_layers, batch, output_size) and c (num_layers, batch, hidden_size)."""

_MAX_SIZE = 2**31 - 1
_MAX_LAYERS = 64


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """The shape of a network. The original's: 21,388 words, 250, 256, 2 layers, dropout 0.5.

    Attributes:
        proj_size: as torch.nn.LSTM's, what each layer's output is projected to; 0 for no projection.
        tied: the output layer's weight is the embedding's, and the state_dict holds it once, as `embedding.weight`.

    Raises:
        ValueError: naming the first number that makes no network.
    """

    vocabulary_size: int
    embedding_dim: int
    hidden_size: int
    num_layers: int
    dropout: float
    proj_size: int = 0
    tied: bool = False

    def __post_init__(self) -> None:
        for name in ("vocabulary_size", "embedding_dim", "hidden_size", "num_layers"):
            self._check_whole(name, 1, _MAX_LAYERS if name == "num_layers" else _MAX_SIZE)
        self._check_whole("proj_size", 0, self.hidden_size - 1)
        if not isinstance(self.dropout, int | float) or isinstance(self.dropout, bool) or not 0 <= self.dropout < 1:
            raise ValueError(f"network.dropout is {self.dropout!r}; it must be at least 0 and below 1")
        if not isinstance(self.tied, bool):
            raise ValueError(f"network.tied is {self.tied!r}; it must be true or false")
        if self.tied and self.embedding_dim != self.output_size:
            raise ValueError(
                f"network.embedding_dim is {self.embedding_dim} and the LSTM's output has {self.output_size}; "
                "with tied weights they must be the same"
            )

    def _check_whole(self, name: str, least: int, most: int) -> None:
        value = getattr(self, name)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError(f"network.{name} is {value!r}; it must be a whole number from {least} to {most}")

    @property
    def output_size(self) -> int:
        """What the LSTM puts out for each word, and the output layer takes."""
        return self.proj_size or self.hidden_size

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of each tensor in the state_dict, as torch.nn.LSTM documents them."""
        gates = 4 * self.hidden_size  # input, forget, cell, output
        shapes: dict[str, tuple[int, ...]] = {"embedding.weight": (self.vocabulary_size, self.embedding_dim)}
        for layer in range(self.num_layers):
            inputs = self.output_size if layer else self.embedding_dim
            shapes[f"lstm.weight_ih_l{layer}"] = (gates, inputs)
            shapes[f"lstm.weight_hh_l{layer}"] = (gates, self.output_size)
            shapes[f"lstm.bias_ih_l{layer}"] = (gates,)
            shapes[f"lstm.bias_hh_l{layer}"] = (gates,)
            if self.proj_size:
                shapes[f"lstm.weight_hr_l{layer}"] = (self.proj_size, self.hidden_size)
        if not self.tied:
            shapes["fc.weight"] = (self.vocabulary_size, self.output_size)
        shapes["fc.bias"] = (self.vocabulary_size,)
        return shapes

    @classmethod
    def of(cls, state_dict: Mapping[str, Tensor], dropout: float = 0.5) -> NetworkConfig:
        """The config that a state_dict's shapes imply (dropout leaves no trace in it).

        Raises:
            ValueError: naming the tensor, if one is missing, left over, or of the wrong shape.
        """
        for name in ("embedding.weight", "lstm.weight_hh_l0"):
            if name not in state_dict or state_dict[name].dim() != 2:
                raise ValueError(f"{name} is missing or not two-dimensional; the state_dict has {sorted(state_dict)}")
        gates, outputs = state_dict["lstm.weight_hh_l0"].shape
        config = cls(
            vocabulary_size=state_dict["embedding.weight"].shape[0],
            embedding_dim=state_dict["embedding.weight"].shape[1],
            hidden_size=gates // 4,
            num_layers=sum(bool(re.fullmatch(r"lstm\.weight_ih_l\d+", name)) for name in state_dict),
            dropout=dropout,
            proj_size=outputs if "lstm.weight_hr_l0" in state_dict else 0,
            tied="fc.weight" not in state_dict,
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
    """The original's network: each word's logits over the vocabulary, given all words before it."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocabulary_size, config.embedding_dim)
        self.lstm = nn.LSTM(
            config.embedding_dim, config.hidden_size, config.num_layers, batch_first=True, proj_size=config.proj_size
        )
        self.dropout = nn.Dropout(config.dropout)
        self.fc = nn.Linear(config.output_size, config.vocabulary_size)
        if config.tied:
            self.embedding.weight = self.fc.weight  # a layer's random start suits both; an embedding's is too large
            self.register_state_dict_post_hook(_drop_tied_weight)  # type: ignore[no-untyped-call]
            self.register_load_state_dict_pre_hook(_add_tied_weight)  # type: ignore[no-untyped-call]
            self.register_load_state_dict_post_hook(_tie)  # type: ignore[no-untyped-call]

    def hidden(self, ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Run the recurrent part.

        Args:
            ids: int64 (batch, time), word ids.
            state: the state to go on from; zeros if None.

        Returns:
            float32 (batch, time, output_size), dropped out in training, and the state after the last word.
        """
        with warnings.catch_warnings():  # that oneDNN, on some processors, leaves projections to torch's own LSTM
            warnings.filterwarnings("ignore", "LSTM with projections is not supported", UserWarning)
            outputs, state = self.lstm(self.embedding(ids), state)
        return self.dropout(outputs), state

    def forward(self, ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Logits of each position's successor: float32 (batch, time, vocabulary_size), and the state."""
        hidden, state = self.hidden(ids, state)
        return self.fc(hidden), state


def _drop_tied_weight(_network: nn.Module, state_dict: dict[str, Any], prefix: str, _metadata: Any) -> None:
    del state_dict[f"{prefix}fc.weight"]


def _add_tied_weight(
    _network: nn.Module,
    state_dict: dict[str, Any],
    prefix: str,
    _metadata: Any,
    _strict: bool,
    _missing: list[str],
    unexpected: list[str],
    _errors: list[str],
) -> None:
    name = f"{prefix}fc.weight"
    if name in state_dict:
        unexpected.append(name)
    if f"{prefix}embedding.weight" in state_dict:
        state_dict[name] = state_dict[f"{prefix}embedding.weight"]


def _tie(network: nn.Module, _incompatible: Any) -> None:
    """Loading with `assign=True` gives each of the two a parameter of its own."""
    assert isinstance(network, ScriptNetwork)
    network.fc.weight = network.embedding.weight


def serving_network(config: NetworkConfig, state_dict: Mapping[str, Tensor]) -> ScriptNetwork:
    """The network as it serves: weights in float32 on the CPU, no dropout, no gradients."""
    # not under torch.device("meta"), which would spare the random weights but imports sympy, ten times as slow
    network = ScriptNetwork(config)
    weights = {name: tensor.to(torch.float32) for name, tensor in state_dict.items()}
    network.load_state_dict(weights, assign=True)
    return network.eval().requires_grad_(False)
