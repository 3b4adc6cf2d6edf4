"""The engine: a network in a form that writes quickly on one thread, made from the network's state_dict.

The LSTM's state goes from word to word. Weights are int8 where this machine has fast kernels for it. The output layer
scores only words that may be among the likeliest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import torch
from torch import Tensor

from coldopen.linear import Linear, ServedLinear, float32_linear, int8_engine, served_linear
from coldopen.lstm import LSTM, LSTMState
from coldopen.network import NetworkConfig
from coldopen.output_layer import LatePreview, OutputLayer, Top
from coldopen.preview import Preview, rank_of

_BLOCK_SIZE = 2048  # words
_INT8_ERROR = 1 / 127  # of an input in 7 bits, relative to the largest input beside it: half a step


class Engine:
    """A network's weights in their fast form; any number of texts may be written with them, on one thread.

    Args:
        config: the network's shape.
        state_dict: float32 or float16, of that shape; a bias of minus infinity keeps a word from being chosen.
        block_size: how many words a block of the output layer has.

    Attributes:
        config: as given.
        int8: the name of torch's engine for int8; None if the layers are float32.
        lstm: the embedding and the LSTM's layers.
        output_layer: what scores the next word.
    """

    @torch.inference_mode()
    def __init__(self, config: NetworkConfig, state_dict: Mapping[str, Tensor], block_size: int = _BLOCK_SIZE) -> None:
        self.config = config
        self.int8 = int8_engine()
        self.lstm = LSTM(config, state_dict, self._linear)
        scale = self.lstm.output_scale
        first, *further = (
            served_linear(*_output_weights(config, state_dict, scale, begin, begin + block_size), self.int8)
            for begin in range(0, config.vocabulary_size, block_size)
        )
        make = partial(_make_preview, config, state_dict, block_size, further, _INT8_ERROR if self.int8 else 0.0)
        blocks = [first.apply, *(block.apply for block in further)]
        self.output_layer = OutputLayer(blocks, LatePreview(make) if further else None)

    def _linear(self, weight: Tensor, bias: Tensor) -> Linear:
        return served_linear(weight, bias, self.int8).apply

    @property
    def preview(self) -> Preview | None:
        """Bounds for the words behind the first block, made now if need be; None if there are no such words."""
        late = self.output_layer.preview
        return late.now() if late else None

    @property
    def name(self) -> str:
        """What computes, as `/health` shows it."""
        numbers = f"int8 by {self.int8}" if self.int8 else "float32"
        preview = f"preview of rank {rank_of(self.config.output_size)}" if self.output_layer.preview else "no preview"
        return f"torch {torch.__version__}, {numbers}, {preview}"


class DecoderState:
    """The network's state after the words read so far, of one text or of several in step; none are read at first.

    A text's numbers are the same, to the last bit, whether it is read alone or beside others. To be used in inference
    mode.

    Args:
        engine: whose weights are used.
        num_texts: how many texts there are.
    """

    @torch.inference_mode()
    def __init__(self, engine: Engine, num_texts: int = 1) -> None:
        self._engine = engine
        self._lstm = LSTMState(engine.lstm, num_texts)
        self.output = self._lstm.output
        """float32 (num_texts, output_size): the LSTM's output for the last word, the output layer's input."""

    def copies(self, num_texts: int) -> DecoderState:
        """So many texts that begin as this one does, to be read in step from here on."""
        state = DecoderState(self._engine, num_texts)
        state._lstm.copy_from(self._lstm)
        return state

    def step(self, *ids: int) -> None:
        """Read each text's next word."""
        self._lstm.step(ids)

    def logits(self, text: int = 0) -> Tensor:
        """All words' scores to come next in a text: float32 (vocabulary_size,)."""
        return self._engine.output_layer.logits(self.output[text : text + 1])[0]

    def logits_of(self, ids: Sequence[int], text: int = 0) -> list[float]:
        """Some words' scores to come next in a text, as `logits` gives them."""
        return self._engine.output_layer.logits_of(ids, self.output[text : text + 1])

    def top(self, count: int) -> list[Top]:
        """For each text the `count` likeliest next words of all, with the scores that `logits` gives."""
        return self._engine.output_layer.top(self.output, count)


def _output_weights(
    config: NetworkConfig, state_dict: Mapping[str, Tensor], scale: float, begin: int, end: int
) -> tuple[Tensor, Tensor]:
    """The output layer's weight (words, output_size) and bias (words,) for the words from begin to end, in float32.

    Args:
        scale: what the layer's input has been multiplied by.
    """
    weight = state_dict["embedding.weight" if config.tied else "fc.weight"][begin:end]
    return weight.to(torch.float32, copy=True).div_(scale), state_dict["fc.bias"][begin:end].to(torch.float32)


@torch.inference_mode()
def _make_preview(
    config: NetworkConfig,
    state_dict: Mapping[str, Tensor],
    block_size: int,
    further: Sequence[ServedLinear],
    input_error: float,
) -> Preview:
    """The preview of the words behind the first block.

    Args:
        further: the output layer's blocks behind the first.
        input_error: how far an input of these blocks may be off, relative to the largest beside it.
    """
    return Preview(
        states=_hidden_states(config, state_dict, block_size),
        rows=torch.cat([block.rows for block in further]),
        scales=torch.cat([block.scales for block in further]),
        bias=state_dict["fc.bias"][block_size:].to(torch.float32),
        error=input_error,
        bounded=config.proj_size == 0,
    )


def _hidden_states(config: NetworkConfig, state_dict: Mapping[str, Tensor], block_size: int) -> Tensor:
    """A sample of the network's hidden states, by float32 layers that are dropped again."""
    from coldopen.hidden_states import sample_hidden_states  # not before the first words, which a cold start waits for

    lstm = LSTM(config, state_dict, float32_linear)
    first_block = float32_linear(*_output_weights(config, state_dict, lstm.output_scale, 0, block_size))
    return sample_hidden_states(lstm, first_block, block_size)
