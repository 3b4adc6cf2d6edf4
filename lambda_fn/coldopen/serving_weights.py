"""Serving weights: the network in the numbers that the engine computes with, as a bundle's `serving.safetensors`.

They are made from a state_dict once, when a bundle is written (`coldopen.quantise`), so that no cold start waits for
that. Matrices are int8 with a scale for each row. Nothing in them depends on a processor: torch's engine packs them as
it likes when they are loaded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from coldopen.network import NetworkConfig
from coldopen.preview_features import num_features


class Rows(NamedTuple):
    """A matrix, `int8 * scales[:, None]`.

    Attributes:
        int8: int8 (outputs, inputs).
        scales: float32 (outputs,).
    """

    int8: Tensor
    scales: Tensor

    def floats(self) -> Tensor:
        """The matrix in float32."""
        return self.int8 * self.scales[:, None]

    def columns(self, begin: int, end: int | None = None) -> Rows:
        """Some of its columns."""
        return Rows(self.int8[:, begin:end].contiguous(), self.scales)

    def part(self, begin: int, end: int | None = None) -> Rows:
        """Some of its rows."""
        return Rows(self.int8[begin:end], self.scales[begin:end])

    def padded(self, outputs: int) -> Rows:
        """The same with rows of zeros behind, so many in all."""
        num_more = outputs - len(self.scales)
        return Rows(
            torch.constant_pad_nd(self.int8, (0, 0, 0, num_more)), torch.constant_pad_nd(self.scales, (0, num_more), 1)
        )


class CellWeights(NamedTuple):
    """One LSTM layer.

    Attributes:
        gates: (4 * hidden_size, inputs + output_size), for the layer's input and its last output side by side: input,
            forget, candidate and output gate. The candidate's rows are doubled: tanh(x) = 2 sigmoid(2 x) - 1, so one
            sigmoid serves all four.
        bias: float32 (4 * hidden_size,).
        projection: (output_size, hidden_size), if the network has one.
    """

    gates: Rows
    bias: Tensor
    projection: Rows | None


class PreviewWeights(NamedTuple):
    """What bounds the scores of the words behind the first block; see `coldopen.preview`.

    Attributes:
        coefficients: (words, features).
        turn: float32 (output_size, output_size).
        slack: float32 (words,).
    """

    coefficients: Rows
    turn: Tensor
    slack: Tensor


class ServingWeights(NamedTuple):
    """All of the network.

    Attributes:
        embedding: (vocabulary_size, embedding_dim), multiplied by a power of two, as `coldopen.quantise` says.
        cells: of each LSTM layer.
        output: (vocabulary_size, output_size); of a tied network its int8 is the embedding's.
        bias: float32 (vocabulary_size,), of the output layer; minus infinity keeps a word from being chosen.
        preview: None if the first block holds all words.
    """

    embedding: Rows
    cells: tuple[CellWeights, ...]
    output: Rows
    bias: Tensor
    preview: PreviewWeights | None

    @property
    def first_block(self) -> int:
        """How many words are always scored, the most frequent ones."""
        return len(self.bias) - (len(self.preview.slack) if self.preview else 0)


def to_tensors(weights: ServingWeights, tied: bool) -> dict[str, Tensor]:
    """The tensors of a file, by name; what is tied is there once."""
    tensors = {
        **_named("embedding", weights.embedding),
        **_named("output", weights.output),
        "output.bias": weights.bias,
    }
    if tied:
        del tensors["embedding.int8"]
    for layer, cell in enumerate(weights.cells):
        tensors |= {**_named(f"gates_l{layer}", cell.gates), f"gates_l{layer}.bias": cell.bias}
        if cell.projection:
            tensors |= _named(f"projection_l{layer}", cell.projection)
    if weights.preview:
        tensors |= _named("preview", weights.preview.coefficients)
        tensors |= {"preview.turn": weights.preview.turn, "preview.slack": weights.preview.slack}
    return tensors


def from_tensors(tensors: Mapping[str, Tensor], config: NetworkConfig) -> ServingWeights:
    """The weights that a file's tensors are.

    Raises:
        ValueError: naming the tensor, if one is missing, left over, of another shape or dtype than the network's, or
            not finite.
    """
    _check(tensors, config)

    def rows(name: str, int8: str = "") -> Rows:
        return Rows(tensors[f"{int8 or name}.int8"], tensors[f"{name}.scales"])

    cells = tuple(
        CellWeights(
            rows(f"gates_l{layer}"),
            tensors[f"gates_l{layer}.bias"],
            rows(f"projection_l{layer}") if config.proj_size else None,
        )
        for layer in range(config.num_layers)
    )
    preview = None
    if "preview.slack" in tensors:
        preview = PreviewWeights(rows("preview"), tensors["preview.turn"], tensors["preview.slack"])
    embedding = rows("embedding", int8="output" if config.tied else "")
    return ServingWeights(embedding, cells, rows("output"), tensors["output.bias"], preview)


def _named(name: str, rows: Rows) -> dict[str, Tensor]:
    return {f"{name}.int8": rows.int8, f"{name}.scales": rows.scales}


def _check(tensors: Mapping[str, Tensor], config: NetworkConfig) -> None:
    shapes = dict(_shapes(config, len(tensors.get("preview.slack", ()))))
    for name, shape in shapes.items():
        if name not in tensors:
            raise ValueError(f"{name} is missing")
        tensor, dtype = tensors[name], torch.int8 if name.endswith(".int8") else torch.float32
        if tuple(tensor.shape) != shape or tensor.dtype != dtype:
            found = f"{tuple(tensor.shape)} of {tensor.dtype}"
            raise ValueError(f"{name} is {found}, where the network has {shape} of {dtype}")
        if dtype == torch.float32 and not all(torch.isfinite(torch.stack(torch.aminmax(tensor)))):
            raise ValueError(f"{name} holds values that are infinite or not numbers")
    for name in tensors:
        if name not in shapes:
            raise ValueError(f"{name} does not belong to this network")


def _shapes(config: NetworkConfig, previewed: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Name and shape of each tensor in a file whose preview is of so many words."""
    words, gates = config.vocabulary_size, 4 * config.hidden_size

    def rows(name: str, outputs: int, inputs: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        yield f"{name}.int8", (outputs, inputs)
        yield f"{name}.scales", (outputs,)

    yield from (shape for shape in rows("embedding", words, config.embedding_dim) if not _is_shared(shape[0], config))
    yield from rows("output", words, config.output_size)
    yield "output.bias", (words,)
    for layer in range(config.num_layers):
        inputs = config.output_size if layer else config.embedding_dim
        yield from rows(f"gates_l{layer}", gates, inputs + config.output_size)
        yield f"gates_l{layer}.bias", (gates,)
        if config.proj_size:
            yield from rows(f"projection_l{layer}", config.proj_size, config.hidden_size)
    if previewed:
        yield from rows("preview", previewed, num_features(config.output_size))
        yield "preview.turn", (config.output_size, config.output_size)
        yield "preview.slack", (previewed,)


def _is_shared(name: str, config: NetworkConfig) -> bool:
    return config.tied and name == "embedding.int8"
