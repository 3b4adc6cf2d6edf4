"""The engine: a network in a form that writes quickly on one thread, made from the network's state_dict.

The LSTM's state goes from word to word. Weights are int8 where this machine has fast kernels for it. The output layer
scores only words that may be among the likeliest.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from coldopen.linear import LateLinear, Linear, int8_engine, served_linear
from coldopen.lstm import LSTM, LSTMState
from coldopen.network import NetworkConfig
from coldopen.output_layer import OutputLayer, Top
from coldopen.preview import Preview
from coldopen.preview_features import rank_of
from coldopen.serving_weights import ServingWeights

_BLOCK_SIZE = 512  # words: a fraction of the first block, since few of a block's words are wanted


class Engine:
    """A network's weights in their fast form; any number of texts may be written with them, on one thread.

    Args:
        config: the network's shape.
        weights: of that shape.
        block_size: how many words a block of the output layer behind the first one has.

    Attributes:
        config: as given.
        int8: the name of torch's engine for int8; None if the layers are float32.
        lstm: the embedding and the LSTM's layers.
        output_layer: what scores the next word.
    """

    @torch.inference_mode()
    def __init__(self, config: NetworkConfig, weights: ServingWeights, block_size: int = _BLOCK_SIZE) -> None:
        self.config = config
        self.int8 = int8_engine()
        make_linear = partial(served_linear, engine=self.int8)
        self.lstm = LSTM(config, weights, make_linear)
        output, bias, first = weights.output, weights.bias, weights.first_block

        def block(begin: int, end: int) -> Linear:
            return make_linear(output.part(begin, end), bias[begin:end])

        begins = range(first, config.vocabulary_size, block_size)
        further = [LateLinear(partial(block, begin, begin + block_size)) for begin in begins]
        preview = None
        if weights.preview:
            preview = Preview(weights.preview, output.part(first), bias[first:], make_linear)
        self.output_layer = OutputLayer(block(0, first), further, block_size, preview)

    @torch.inference_mode()
    def prepare(self) -> None:
        """Make now what is else made when a word first needs it."""
        self.output_layer.logits(torch.zeros(1, self.config.output_size))

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

    def going_on(self, texts: Sequence[int], num_new: int) -> DecoderState:
        """Some of these texts, in this order, and behind them so many new ones, of which no word is read yet."""
        state = DecoderState(self._engine, len(texts) + num_new)
        state._lstm.take(self._lstm, texts)
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
