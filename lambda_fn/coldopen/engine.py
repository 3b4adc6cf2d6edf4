"""The engine: the network's fast form for one text, or a few in step, on one thread, built from the same state_dict.

Weights are int8, a scale for each row; inputs are quantised as they come ("dynamically"; Jacob et al. 2018). The
output layer is cut into blocks of words. The first, of the most frequent words, is always scored; any other only where
its preview can't rule out that it holds one of the likeliest, so the likeliest are those of the whole layer, always.
"""

from __future__ import annotations

import copy
import platform
import random
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import frexp
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import linear

from coldopen.network import NetworkConfig
from coldopen.preview import Preview, rank_of

Linear = Callable[[Tensor], Tensor]
"""A linear layer: float32 (rows, inputs) -> float32 (rows, outputs)."""

Weights = tuple[Tensor, Tensor]
"""A linear layer's weight, float32 (outputs, inputs), and bias, float32 (outputs,)."""

_BLOCK = 2048  # words
_SAMPLE = (128, 10, 2)  # texts that the preview is made from, words in each, and how many of these are left out
_PREVIEW_AFTER = 300  # words scored in full, which together take about as long as making the preview
_ERROR = 1 / 127  # of a number in 7 bits, relative to the largest beside it: half a step
_CACHE_LINE = 16  # float32 numbers

_DEPRECATED = "torch.quantize_per_tensor, torch.quantize_per_channel and other quantized tensor creation"


def int8_engine() -> str | None:
    """The name of torch's engine for int8 on this machine, None if there is none.

    On arm64 torch names engines that fail when they are used: fbgemm everywhere, qnnpack on Lambda, which has no
    /sys/devices/system/cpu.
    """
    name = "onednn" if platform.machine() in ("aarch64", "arm64") else "x86"
    return name if name in torch.backends.quantized.supported_engines else None


class Cell(NamedTuple):
    """What an LSTM layer computes with: its gates (input, forget, candidate, output), its projection if it has one.

    The gates take the layer's input and its last output side by side. The candidate's rows are doubled:
    tanh(x) = 2 sigmoid(2 x) - 1, so one sigmoid serves all four.
    """

    gates: Linear
    projection: Linear | None = None


class Engine:
    """The weights in their fast form; any number of texts may be read and written with them, on one thread.

    Args:
        config: the network's shape.
        state_dict: float32 or float16, of that shape; a bias of minus infinity keeps a word from being chosen.
    """

    @torch.inference_mode()
    def __init__(self, config: NetworkConfig, state_dict: Mapping[str, Tensor]) -> None:
        self.config = config
        self.int8 = int8_engine()
        self.embedding = state_dict["embedding.weight"]
        scale = self.embedding_scale = _scale(self.embedding[:_BLOCK].abs().amax(dim=1))
        cells = []
        for layer in range(config.num_layers):
            weights, scale = _cell_weights(state_dict, layer, scale)
            cells.append(weights)
        self.cells = [Cell(*(self._linear(*part)[0] for part in weights)) for weights in cells]
        weight, bias = state_dict["embedding.weight" if config.tied else "fc.weight"], state_dict["fc.bias"]
        weight, bias = weight if scale == 1 else weight.to(torch.float32) / scale, bias.to(torch.float32)
        parts = zip(torch.split(weight, _BLOCK), torch.split(bias, _BLOCK), strict=True)
        blocks, rows, scales = zip(*(self._linear(*part) for part in parts), strict=True)
        self.blocks: list[Linear] = list(blocks)
        self._preview: Preview | None = None
        self._scored_in_full = 0
        self._for_preview = cells, weight, bias, rows, scales

    @property
    @torch.inference_mode()
    def preview(self) -> Preview | None:
        """Bounds for the words behind the first block; None if there are none. Made when first asked for."""
        if self._preview is None and len(self.blocks) > 1:
            cells, weight, bias, rows, scales = self._for_preview
            states = self._states(cells, (weight[:_BLOCK].to(torch.float32), bias[:_BLOCK]))
            error, bounded = _ERROR if self.int8 else 0.0, self.config.proj_size == 0
            self._preview = Preview(torch.cat(rows[1:]), torch.cat(scales[1:]), bias[_BLOCK:], states, error, bounded)
            del self._for_preview
        return self._preview

    def preview_if_due(self, words: int) -> Preview | None:
        """The preview, or None for the first words, which come sooner without: a cold start need not wait for it."""
        if self._preview is None and self._scored_in_full < _PREVIEW_AFTER:
            self._scored_in_full += words
            return None
        return self._preview or self.preview

    @property
    def name(self) -> str:
        """What computes, as `/health` shows it."""
        numbers = f"int8 by {self.int8}" if self.int8 else "float32"
        preview = f"preview of rank {rank_of(self.config.output_size)}" if len(self.blocks) > 1 else "no preview"
        return f"torch {torch.__version__}, {numbers}, {preview}"

    def _linear(self, weight: Tensor, bias: Tensor) -> tuple[Linear, Tensor, Tensor]:
        """A layer, its rows as it serves them but for their scales, int8 or float32 (outputs, inputs), and these."""
        weight = weight.to(torch.float32)
        if self.int8:
            return _int8_linear(weight, bias, self.int8)
        return _plain_linear(weight, bias), weight, torch.ones(len(weight))

    def _states(self, cells: Sequence[Sequence[Weights]], block: Weights) -> Tensor:
        """Hidden states of texts that the network writes with its most frequent words, all texts in step.

        Args:
            cells: of each layer the gates, and the projection if there is one.
            block: the first block of words.

        Returns:
            float32 (samples, output_size), the same each time.
        """
        plain, score = copy.copy(self), _plain_linear(*block)
        plain.cells = [Cell(*(_plain_linear(*part) for part in weights)) for weights in cells]
        texts, length, left_out = _SAMPLE
        chance, reading = random.Random(0), Reading(plain, texts, together=True)
        words, states = [text % min(_BLOCK, self.config.vocabulary_size) for text in range(texts)], []
        for _ in range(length):
            reading.read(*words)
            states.append(reading.output.clone())
            cumulative = score(reading.output).softmax(dim=1).cumsum(dim=1)  # (texts, block size)
            uniform = torch.tensor([[chance.random()] for _ in range(texts)])
            words = torch.searchsorted(cumulative, uniform)[:, 0].clamp_max(cumulative.shape[1] - 1).tolist()
        return torch.cat(states[left_out:])


@dataclass(frozen=True, slots=True)
class _Layer:
    """What one layer computes with: parts of a reading's tensors, looked up once."""

    cell: Cell
    inputs: Tensor
    """(texts, inputs + output_size): the layer's input and its last output, side by side."""
    output: Tensor
    """(texts, output_size), part of the former."""
    gates: Tensor
    """(texts, 4 * hidden_size)."""
    hidden: Tensor
    """(texts, hidden_size), as is the rest: the output before its projection, the output itself if there is none."""
    memory: Tensor
    ingoing: Tensor
    forget: Tensor
    candidate: Tensor
    outgoing: Tensor


class Reading:
    """What the network remembers of a text, or of several read in step: nothing at first. To be used in inference mode.

    A text's numbers are the same, to the last bit, whether it is read alone or beside others.

    Args:
        engine: whose network reads.
        texts: how many.
        together: multiply all texts' rows at once, which is quicker for many, but gives up that sameness; and an int8
            layer of oneDNN's on arm64 is right only for the number of rows that it met first.
    """

    @torch.inference_mode()
    def __init__(self, engine: Engine, texts: int = 1, together: bool = False) -> None:
        config, inputs, size = engine.config, engine.config.embedding_dim, engine.config.output_size
        # embedding | first layer's output | second layer's | ...: a layer's input and its last output are neighbours
        self._room = _rows(texts, inputs + size * config.num_layers)
        self._engine = engine
        self._embedded = self._room[:, :inputs].unbind()
        self._layers: list[_Layer] = []
        each = _row_by_row if texts > 1 and not together else _as_it_is
        self._blocks = [each(block) for block in engine.blocks]
        for index, cell in enumerate(engine.cells):
            end = inputs + size * (index + 1)
            begin, output = end - 2 * size if index else 0, self._room[:, end - size : end]
            hidden = _rows(texts, config.hidden_size) if cell.projection else output
            gates, memory = _rows(texts, 4 * config.hidden_size), _rows(texts, config.hidden_size)
            inputs_and_output = self._room[:, begin:end]
            cell = Cell(each(cell.gates), each(cell.projection) if cell.projection else None)
            self._layers.append(_Layer(cell, inputs_and_output, output, gates, hidden, memory, *gates.chunk(4, dim=1)))
        self.output = self._layers[-1].output
        """float32 (texts, output_size): the last layer's."""

    def copies(self, texts: int) -> Reading:
        """So many texts that begin as this one does, to be read on in step."""
        reading = Reading(self._engine, texts)
        reading._room.copy_(self._room)
        for layer, ours in zip(reading._layers, self._layers, strict=True):
            layer.memory.copy_(ours.memory)
        return reading

    def read(self, *words: int) -> None:
        """Take in each text's next word, by its id."""
        embedding, scale = self._engine.embedding, self._engine.embedding_scale
        for word, embedded in zip(words, self._embedded, strict=True):
            torch.mul(embedding[word], scale, out=embedded)
        for layer in self._layers:
            torch.sigmoid(layer.cell.gates(layer.inputs), out=layer.gates)
            layer.memory.mul_(layer.forget).addcmul_(layer.ingoing, layer.candidate, value=2).sub_(layer.ingoing)
            torch.tanh(layer.memory, out=layer.hidden).mul_(layer.outgoing)
            if layer.cell.projection:
                layer.output.copy_(layer.cell.projection(layer.hidden))

    def scores(self) -> Tensor:
        """All words' scores, for the first text: float32 (vocabulary_size,)."""
        return self._scores(range(len(self._blocks)), self.output[:1])[0]

    def top(self, count: int) -> list[tuple[list[float], list[int]]]:
        """For each text the scores of the `count` likeliest next words, falling, and these words' ids.

        They are those of all words' scores.
        """
        first = self._blocks[0](self.output)  # (texts, block size)
        if count > first.shape[1]:
            return _top(self._scores(range(len(self._blocks)), self.output), count)
        tops = _top(first, count)
        if len(self._blocks) == 1:
            return tops
        for text, blocks in enumerate(self._further_blocks([scores[-1] for scores, _ in tops], first.shape[1])):
            if blocks:
                tops[text] = self._top_of(first[text : text + 1], blocks, self.output[text : text + 1], count)
        return tops

    def _further_blocks(self, scores: Sequence[float], size: int) -> list[list[int]]:
        """For each text the blocks behind the first that may hold a word of its score or a higher one, rising."""
        preview = self._engine.preview_if_due(len(scores))
        if preview is None:
            return [list(range(1, len(self._blocks)))] * len(scores)
        candidates = preview.not_below(scores, self.output)
        return [sorted({1 + word // size for word in words.tolist()}) if len(words) else [] for words in candidates]

    def _top_of(
        self, first: Tensor, further: Sequence[int], output: Tensor, count: int
    ) -> tuple[list[float], list[int]]:
        """The likeliest words of the first block, scored already (1, block size), and of some further blocks."""
        scored, size = [0, *further], first.shape[1]
        ((scores, places),) = _top(torch.cat([first, self._scores(further, output)], dim=1), count)
        return scores, [scored[place // size] * size + place % size for place in places]

    def _scores(self, blocks: Iterable[int], output: Tensor) -> Tensor:
        """The scores of some blocks' words: float32 (texts, words)."""
        return torch.cat([self._blocks[index](output) for index in blocks], dim=1)


def _rows(texts: int, size: int) -> Tensor:
    """Zeros, float32 (texts, size), with a gap after each row, and each row at the start of a cache line.

    A row is to have the same numbers beside others as alone. The gap makes torch compute row by row: the last numbers
    of a stretch, which fill no vector register, are rounded in another way than the rest. And MKL sums a row in an
    order that depends on where in a cache line it begins.
    """
    return torch.zeros(texts, (size // _CACHE_LINE + 1) * _CACHE_LINE)[:, :size]


def _top(scores: Tensor, count: int) -> list[tuple[list[float], list[int]]]:
    """Of each row the highest scores, falling, and their places."""
    values, places = scores.topk(count)
    return list(zip(values.tolist(), places.tolist(), strict=True))


def _cell_weights(state_dict: Mapping[str, Tensor], layer: int, input_scale: float) -> tuple[list[Weights], float]:
    """What a `Cell` of a layer is made from, and the scale of its output.

    Args:
        input_scale: what the layer's input has been multiplied by.
    """

    def rows(name: str) -> Tensor:
        tensor = state_dict[f"lstm.{name}_l{layer}"].to(torch.float32, copy=True)
        tensor.chunk(4)[2].mul_(2)
        return tensor

    projection = state_dict.get(f"lstm.weight_hr_l{layer}")
    scale = 1.0 if projection is None else _scale(projection.to(torch.float32).norm(dim=1))
    weight = torch.cat([rows("weight_ih") / input_scale, rows("weight_hh") / scale], dim=1)
    parts = [(weight, rows("bias_ih") + rows("bias_hh"))]
    if projection is not None:
        parts.append((projection.to(torch.float32) * scale, torch.zeros(len(projection))))
    return parts, scale


def _scale(sizes: Tensor) -> float:
    """What brings numbers of these sizes to the size of a hidden state, with which they share an int8 input's scale.

    A power of two, so that nothing is lost; 1 if all are zero.
    """
    size = float(sizes.mean(dtype=torch.float32))
    return 2.0 ** (1 - frexp(size)[1]) if size else 1.0


def _plain_linear(weight: Tensor, bias: Tensor) -> Linear:
    return partial(linear, weight=weight, bias=bias)


def _row_by_row(run: Linear) -> Linear:
    """A layer that computes each row by itself, so that none depends on the others.

    Together, rows share the scale of an int8 input, and in float32 the order of sums. By itself, each still finds the
    weights in the processor's cache, where the first left them.
    """
    return lambda inputs: torch.cat([run(row) for row in torch.split(inputs, 1)])


def _as_it_is(run: Linear) -> Linear:
    return run


def _int8_linear(weight: Tensor, bias: Tensor, engine: str) -> tuple[Linear, Tensor, Tensor]:
    """A layer in int8, its rows, and their scales."""
    torch.backends.quantized.engine = engine
    scales = weight.abs().amax(dim=1).div_(127).clamp_min_(1e-12)  # (outputs,)
    rows = (weight / scales[:, None]).round_().to(torch.int8)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", _DEPRECATED, UserWarning)  # torch is pinned, and has nothing else as fast
        quantised = torch._make_per_channel_quantized_tensor(rows, scales, torch.zeros(len(rows), dtype=torch.int64), 0)
    packed = torch.ops.quantized.linear_prepack(quantised, bias)
    run = torch.ops.quantized.linear_dynamic
    # 7 bits for the inputs (reduce_range): with 8, processors without VNNI overflow 16-bit sums and are wrong
    return lambda inputs: run(inputs, packed, True), rows, scales
