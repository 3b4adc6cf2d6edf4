"""The LSTM in its fast form, and its state, which goes from word to word for one text or for several in step.

The four gates of an LSTM layer are one linear layer. It reads the LSTM layer's input and last output, side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import accumulate
from math import frexp
from typing import NamedTuple

import torch
from torch import Tensor

from coldopen.linear import Linear
from coldopen.network import NetworkConfig

MakeLinear = Callable[[Tensor, Tensor], Linear]
"""Makes a layer of a weight, float32 (outputs, inputs), which it may change, and a bias, float32 (outputs,)."""

_NUM_FREQUENT = 2048  # words, the most frequent ones; their embeddings decide the scale of all embeddings
_CACHE_LINE = 16  # float32 numbers


class Cell(NamedTuple):
    """What one LSTM layer computes with.

    Attributes:
        gates: input, forget, candidate and output gate. The candidate's rows are doubled: tanh(x) = 2 sigmoid(2 x) - 1,
            so one sigmoid serves all four.
        projection: of the output, if the network has one.
    """

    gates: Linear
    projection: Linear | None


class LSTM:
    """Embedding and LSTM layers in their fast form.

    The inputs of an int8 layer share one scale, so numbers that lie side by side should be of similar size. Embeddings
    and projected outputs are therefore multiplied by a power of two, which loses nothing. The weights that meet them
    are divided by it.

    Args:
        config: the network's shape.
        state_dict: float32 or float16, of that shape.
        make_linear: makes the linear layers.

    Attributes:
        output_scale: what the last layer's output has been multiplied by.
    """

    def __init__(self, config: NetworkConfig, state_dict: Mapping[str, Tensor], make_linear: MakeLinear) -> None:
        self.config = config
        self.embedding = state_dict["embedding.weight"]  # (vocabulary_size, embedding_dim)
        self.embedding_scale = _scale_to_hidden_state(self.embedding[:_NUM_FREQUENT].abs().amax(dim=1))
        self.cells: list[Cell] = []
        scale = self.embedding_scale
        for layer in range(config.num_layers):
            cell, scale = _cell(state_dict, layer, scale, make_linear)
            self.cells.append(cell)
        self.output_scale = scale


def _cell(
    state_dict: Mapping[str, Tensor], layer: int, input_scale: float, make_linear: MakeLinear
) -> tuple[Cell, float]:
    """A layer's cell, and what its output is multiplied by.

    Args:
        input_scale: what the layer's input has been multiplied by.
    """

    def tensor(name: str) -> Tensor:
        return state_dict[f"lstm.{name}_l{layer}"]

    projection = state_dict.get(f"lstm.weight_hr_l{layer}")
    scale = 1.0 if projection is None else _scale_to_hidden_state(projection.to(torch.float32).norm(dim=1))
    # (4 * hidden_size, inputs + output_size) and (4 * hidden_size,)
    weight = torch.cat([tensor("weight_ih"), tensor("weight_hh")], dim=1).to(torch.float32)
    bias = tensor("bias_ih").to(torch.float32) + tensor("bias_hh").to(torch.float32)
    num_inputs = tensor("weight_ih").shape[1]
    weight[:, :num_inputs] /= input_scale
    weight[:, num_inputs:] /= scale
    for gates in (weight, bias):
        _input, _forget, candidate, _output = gates.chunk(4)
        candidate *= 2
    if projection is None:
        return Cell(make_linear(weight, bias), None), scale
    projection = projection.to(torch.float32) * scale
    return Cell(make_linear(weight, bias), make_linear(projection, torch.zeros(len(projection)))), scale


def _scale_to_hidden_state(sizes: Tensor) -> float:
    """The power of two that brings numbers of these sizes near the size of a hidden state; 1 if all are zero."""
    size = float(sizes.mean(dtype=torch.float32))
    return 2.0 ** (1 - frexp(size)[1]) if size else 1.0


class _LayerState(NamedTuple):
    """One layer's cell, and the tensors that it reads and writes.

    Attributes:
        inputs: (texts, inputs + output_size), the layer's input and its last output, side by side.
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
        output: float32 (num_texts, output_size), the last layer's output.
    """

    def __init__(self, lstm: LSTM, num_texts: int) -> None:
        config = lstm.config
        # The buffer's columns: the embedding, the first layer's output, the second layer's, ... So what a layer reads,
        # its input and its last output, are neighbours.
        edges = list(accumulate([config.embedding_dim, *[config.output_size] * config.num_layers], initial=0))
        self._lstm = lstm
        self._buffer = _padded_rows(num_texts, edges[-1])
        self._embedded = self._buffer[:, : config.embedding_dim].unbind()
        self._layers: list[_LayerState] = []
        for index, cell in enumerate(lstm.cells):
            begin, middle, end = edges[index : index + 3]
            inputs, output = self._buffer[:, begin:end], self._buffer[:, middle:end]
            gates = _padded_rows(num_texts, 4 * config.hidden_size)
            memory = _padded_rows(num_texts, config.hidden_size)
            hidden = _padded_rows(num_texts, config.hidden_size) if cell.projection else output
            self._layers.append(_LayerState(cell, inputs, output, gates, hidden, memory, *gates.chunk(4, dim=1)))
        self.output = self._layers[-1].output

    def copy_from(self, other: LSTMState) -> None:
        """Take over another state: each text's from as many texts, or from one text for all."""
        self._buffer.copy_(other._buffer)
        for mine, its in zip(self._layers, other._layers, strict=True):
            mine.memory.copy_(its.memory)

    def step(self, ids: tuple[int, ...] | list[int]) -> None:
        """Read each text's next word."""
        embedding, scale = self._lstm.embedding, self._lstm.embedding_scale
        for index, embedded in zip(ids, self._embedded, strict=True):
            torch.mul(embedding[index], scale, out=embedded)
        for layer in self._layers:
            torch.sigmoid(layer.cell.gates(layer.inputs), out=layer.gates)
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
    return torch.zeros(num_rows, (size // _CACHE_LINE + 1) * _CACHE_LINE)[:, :size]
