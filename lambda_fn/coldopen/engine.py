"""The engine: a network in a form that writes quickly on one thread, made from the network's state_dict.

The LSTM's state goes from word to word. Weights are int8 where this machine has fast kernels for it. The output layer
scores only words that may be among the likeliest.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from coldopen.linear import LateLinear, Linear, int8_engine, joint_linear, served_linear, served_reading
from coldopen.lstm import LSTM, LSTMState, output_steps
from coldopen.memory import MemoryConfig
from coldopen.network import NetworkConfig
from coldopen.output_layer import Guess, OutputLayer, Top
from coldopen.preview import Preview
from coldopen.preview_features import rank_of
from coldopen.recall import Recall, RecallMark, Remembering
from coldopen.serving_weights import ServingWeights

_FLOOR = 0.001  # of a memory's votes
_BLOCK_SIZE = 512  # words: a fraction of the first block, since few of a block's words are wanted


class Engine:
    """A network's weights in their fast form; any number of texts may be written with them, on one thread.

    Args:
        config: the network's shape.
        weights: of that shape.
        memory: what each text remembers; None for nothing.
        block_size: how many words a block of the output layer behind the first one has.

    Attributes:
        config: as given.
        int8: the name of torch's engine for int8; None if the layers are float32.
        lstm: the embedding and the LSTM's layers.
        output_layer: what scores the next word.
        remembering: what texts' memories need; None if they have none.
    """

    @torch.inference_mode()
    def __init__(
        self,
        config: NetworkConfig,
        weights: ServingWeights,
        memory: MemoryConfig | None = None,
        block_size: int = _BLOCK_SIZE,
    ) -> None:
        self.config = config
        self.int8 = int8_engine()
        make_linear = partial(served_linear, engine=self.int8)
        self.lstm = LSTM(config, weights, make_linear)
        output, bias, first = weights.output, weights.bias, weights.first_block

        def block(begin: int, end: int) -> Linear:
            return make_linear(output.part(begin, end), bias[begin:end], output_steps(config))

        begins = range(first, config.vocabulary_size, block_size)
        further = [LateLinear(partial(block, begin, begin + block_size)) for begin in begins]
        preview = None
        if weights.preview:
            preview = Preview(
                weights.preview,
                output.part(first),
                bias[first:],
                partial(joint_linear, engine=self.int8),
                served_reading(output_steps(config), self.int8),
            )
        self.output_layer = OutputLayer(block(0, first), first, further, block_size, preview)
        self.remembering = None
        if memory:
            never = frozenset((bias == -torch.inf).nonzero().view(-1).tolist())
            self.remembering = Remembering(
                memory, first, lambda id: output.int8[id] * output.scales[id], bias, never, _FLOOR
            )

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


class Mark(NamedTuple):
    """Where a text is, for `DecoderState.back_to`.

    Attributes:
        numbers: of the LSTM's state, float32 (1, numbers).
        recall: of its memory; None without one.
    """

    numbers: Tensor
    recall: RecallMark | None


class DecoderState:
    """The network's state after the words read so far, of one text or of several in step; none are read at first.

    A text's numbers are the same, to the last bit, whether it is read alone or beside others. To be used in inference
    mode.

    Args:
        engine: whose weights are used.
        num_texts: how many texts there are.
        share: of each text's memory in its words' probabilities, from 0 to 1; only 0 for an engine without one.
    """

    @torch.inference_mode()
    def __init__(self, engine: Engine, num_texts: int = 1, share: float = 0.0) -> None:
        self._engine, self._share = engine, share
        self._recalls = self._new_recalls(num_texts)
        self._lstm = LSTMState(engine.lstm, num_texts)
        self.output = self._lstm.output
        """float32 (num_texts, output_size): the LSTM's output for the last word, the output layer's input."""
        self._outputs = self.output.unbind()

    def copies(self, num_texts: int) -> DecoderState:
        """So many texts that begin as this one does, to be read in step from here on."""
        state = DecoderState(self._engine, num_texts, self._share)
        state._lstm.numbers.copy_(self._lstm.numbers)
        for mine in state._recalls:
            mine.copy_from(self._recalls[0])
        return state

    def going_on(self, texts: Sequence[int], num_new: int) -> DecoderState:
        """Some of these texts, in this order, and behind them so many new ones, of which no word is read yet.

        Their memories go with them: this state is of no use any more.
        """
        state = DecoderState(self._engine, len(texts) + num_new)
        state._lstm.take(self._lstm, texts)
        state._share = self._share
        if self._share:
            state._recalls = [*(self._recalls[text] for text in texts), *self._new_recalls(num_new)]
        return state

    def _new_recalls(self, num_texts: int) -> list[Recall]:
        if not self._share:
            return []
        assert self._engine.remembering is not None
        return [Recall(self._engine.remembering, self._share) for _ in range(num_texts)]

    def step(self, *ids: int) -> None:
        """Read each text's next word."""
        if self._recalls:
            for recall, hidden, id in zip(self._recalls, self._outputs, ids, strict=True):
                recall.read(hidden, id)
        self._lstm.step(ids)

    def mark(self) -> Mark:
        """Where a single text is, to come back to."""
        return Mark(self._lstm.numbers.clone(), self._recalls[0].mark() if self._recalls else None)

    def back_to(self, mark: Mark) -> None:
        """Forget what a single text has read since, at most `coldopen.memory.MOST_FORGOTTEN` words."""
        self._lstm.numbers.copy_(mark.numbers)
        if mark.recall:
            self._recalls[0].back_to(mark.recall)

    def logits(self, text: int = 0) -> Tensor:
        """All words' scores to come next in a text: float32 (vocabulary_size,)."""
        hidden = self.output[text : text + 1]
        logits = self._engine.output_layer.logits(hidden)[0]
        return self._recalls[text].all_mixed(logits, hidden[0]) if self._recalls else logits

    def logits_of(self, ids: Sequence[int], text: int = 0) -> list[float]:
        """Some words' scores to come next in a text, as `logits` gives them."""
        if self._recalls and self._recalls[text].is_asked:
            return [float(logit) for logit in self.logits(text)[torch.tensor(ids)]]
        return self._engine.output_layer.logits_of(ids, self.output[text : text + 1])

    def top(self, count: int) -> list[Top]:
        """For each text the `count` likeliest next words of all, with the scores that `logits` gives."""
        return self._engine.output_layer.top(self.output, count, self._recalls)

    def guess(self, count: int) -> Guess:
        """The same for a single text, to be corrected by `corrections`."""
        return self._engine.output_layer.guesses(self.output, count, self._recalls)[0]

    def corrections(self, guesses: Sequence[Guess], marks: Sequence[Mark]) -> list[Top | None]:
        """What `top` gave for each guess, if it is another; the marks are those of the same places."""
        outputs = self._lstm.output_in(torch.cat([mark.numbers for mark in marks]))
        return self._engine.output_layer.corrections(guesses, outputs)
