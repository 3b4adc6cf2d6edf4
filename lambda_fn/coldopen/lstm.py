"""The LSTM in its fast form, and its state, which goes from word to word for one text or for several in step.

The four gates of an LSTM layer are one linear layer. It reads the LSTM layer's input and last output, side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from coldopen.linear import HIDDEN, PROJECTED, Linear, MakeServed, Steps
from coldopen.network import NetworkConfig
from coldopen.serving_weights import ServingWeights

_CACHE_LINE = 16  # float32 numbers
_FREQUENT_WORDS = 1024  # nine in ten of a script's words; 12 MB in the network that ships


def output_steps(config: NetworkConfig) -> Steps:
    """How the outputs of an LSTM's layers are rounded."""
    return PROJECTED if config.proj_size else HIDDEN


class Cell(NamedTuple):
    """What one LSTM layer computes with; see `coldopen.serving_weights.CellWeights`.

    Attributes:
        gates: of the layer's input and its last output; in the first layer, of its last output alone.
        projection: of its output, if the network has one.
    """

    gates: Linear
    projection: Linear | None


class LSTM:
    """Embedding and LSTM layers in their fast form.

    What a word alone contributes to the first layer's gates is always the same. That of frequent words is kept, so that
    a fifth of the weights is seldom read.

    Args:
        config: the network's shape.
        weights: its weights.
        make_linear: makes the linear layers.
    """

    def __init__(self, config: NetworkConfig, weights: ServingWeights, make_linear: MakeServed) -> None:
        self.config = config
        self._embedding = weights.embedding.int8
        self._scales: list[float] = weights.embedding.scales.tolist()
        first, *others = weights.cells
        self._gates_of_words = make_linear(first.gates.columns(0, config.embedding_dim), first.bias, PROJECTED)
        self._kept: dict[int, Tensor] = {}
        recurrent = first._replace(gates=first.gates.columns(config.embedding_dim), bias=torch.zeros_like(first.bias))
        self.cells = [
            Cell(
                make_linear(cell.gates, cell.bias, output_steps(config)),
                make_linear(cell.projection, torch.zeros(config.proj_size), HIDDEN) if cell.projection else None,
            )
            for cell in (recurrent, *others)
        ]

    def gates_of(self, id: int) -> Tensor:
        """What a word alone contributes to the first layer's gates, bias included: float32 (4 * hidden_size,)."""
        if id in self._kept:
            return self._kept[id]
        gates = self._gates_of_words(torch.mul(self._embedding[id : id + 1], self._scales[id]))[0]
        if id < _FREQUENT_WORDS:
            self._kept[id] = gates
        return gates


class _LayerState(NamedTuple):
    """One layer's cell, and the tensors that it reads and writes.

    Attributes:
        inputs: (texts, numbers), what the cell's gates are computed from: see `Cell`.
        output: (texts, output_size), the second part of `inputs`.
        gates: (texts, 4 * hidden_size).
        hidden: (texts, hidden_size), the output before its projection; the output itself if there is none.
        memory: (texts, hidden_size).
        input_gate, forget_gate, candidate, output_gate: (texts, hidden_size), the four parts of `gates`.
    """

    cell: Cell
    inputs: Tensor
    output: Tensor
    gates: Tensor
    hidden: Tensor
    memory: Tensor
    input_gate: Tensor
    forget_gate: Tensor
    candidate: Tensor
    output_gate: Tensor


class LSTMState:
    """What the LSTM remembers of each text: nothing at first. To be used in inference mode.

    Args:
        lstm: whose weights are used.
        num_texts: how many texts are read in step.

    Attributes:
        numbers: float32 (num_texts, numbers), all of it.
        output: float32 (num_texts, output_size), the last layer's output.
    """

    def __init__(self, lstm: LSTM, num_texts: int) -> None:
        config = lstm.config
        # The columns: the first layer's output, the second layer's, ..., the first layer's memory, the second's, ...
        # So what a layer reads, its input and its last output, are neighbours.
        size, width = config.output_size, _padded(config.hidden_size)
        begin_of_memories = _padded(size * config.num_layers)
        self._lstm = lstm
        self.numbers = torch.zeros(num_texts, begin_of_memories + width * config.num_layers)
        self._layers: list[_LayerState] = []
        for index, cell in enumerate(lstm.cells):
            end, begin = size * (index + 1), begin_of_memories + width * index
            inputs, output = self.numbers[:, max(0, end - 2 * size) : end], self.numbers[:, end - size : end]
            gates = _padded_rows(num_texts, 4 * config.hidden_size)
            memory = self.numbers[:, begin : begin + config.hidden_size]
            hidden = _padded_rows(num_texts, config.hidden_size) if cell.projection else output
            self._layers.append(_LayerState(cell, inputs, output, gates, hidden, memory, *gates.chunk(4, dim=1)))
        self._of_output = slice(size * (config.num_layers - 1), size * config.num_layers)
        self.output = self.output_in(self.numbers)

    def output_in(self, numbers: Tensor) -> Tensor:
        """The last layer's output, float32 (rows, output_size), in rows of `numbers`: a view."""
        return numbers[:, self._of_output]

    def take(self, other: LSTMState, texts: Sequence[int]) -> None:
        """Take over some texts of another state: they become this one's first."""
        for place, text in enumerate(texts):
            self.numbers[place].copy_(other.numbers[text])

    def step(self, ids: tuple[int, ...] | list[int]) -> None:
        """Read each text's next word."""
        for index, layer in enumerate(self._layers):
            gates = layer.cell.gates(layer.inputs)
            if index == 0:  # the other layers do not see the word
                for row, id in zip(gates.unbind(), ids, strict=True):
                    row.add_(self._lstm.gates_of(id))
            torch.sigmoid(gates, out=layer.gates)
            # memory = forget_gate * memory + input_gate * (2 * candidate - 1)
            layer.memory.mul_(layer.forget_gate)
            layer.memory.addcmul_(layer.input_gate, layer.candidate, value=2).sub_(layer.input_gate)
            torch.tanh(layer.memory, out=layer.hidden).mul_(layer.output_gate)
            if layer.cell.projection:
                layer.output.copy_(layer.cell.projection(layer.hidden))


def _padded_rows(num_rows: int, size: int) -> Tensor:
    """Zeros, float32 (num_rows, size). Each row begins at a cache line and has a gap after it.

    So a row's numbers do not depend on how many rows there are. Without the gap torch would treat rows as one stretch
    of numbers, and it rounds the stretch's last numbers, which fill no vector register, in another way than the rest.
    Without the alignment MKL would add up rows in different orders, since its order depends on where in a cache line a
    row begins.
    """
    return torch.zeros(num_rows, _padded(size))[:, :size]


def _padded(size: int) -> int:
    return (size // _CACHE_LINE + 1) * _CACHE_LINE
