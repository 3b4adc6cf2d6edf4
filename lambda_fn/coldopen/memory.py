"""The memory: a text's earlier hidden states vote for the words that followed them.

Grave, Joulin & Usunier 2017, "Improving Neural Language Models with a Continuous Cache": names and things that a text
has mentioned come back, and a network alone soon forgets them. Each pair of a hidden state h_i and the word behind it
votes with the weight exp(theta * h . h_i) / sqrt(age), divided by the sum of all weights. Nothing is trained. Other
than in the paper

- age counts the pairs since, so that what was said lately counts more;
- one more vote, of the weight `_DOUBT`, is for no word, so that a few pairs alone say little;
- the latest two words do not vote (`coldopen.recall`), since hardly any word comes twice in a row;
- the most frequent words are not kept: the network knows better when to say `the`, and votes for it break sentences.

docs/evaluation.md has what each brings.
"""

from __future__ import annotations

from array import array
from typing import Any, NamedTuple

import torch
from torch import Tensor

_MOST = 10_000
_MAX_THETA = 10.0
_FADING = 0.5  # the power of age
_DOUBT = 20.0
_WRITING = 2.0  # times the share: when writing, only words that fit are voted for (`coldopen.recall`, floor)
_ALIGNED = 16  # numbers: a product rounds otherwise where rows begin otherwise, and pairs are moved
MOST_FORGOTTEN = 32
"""How many of the latest pairs can be forgotten again, those that wait among them."""


class MemoryConfig(NamedTuple):
    """A model's memory, chosen on validation.

    Attributes:
        words: how many pairs are kept, the latest ones.
        common: so many of the most frequent words are not kept.
        theta: how much likeness counts; 0 for not at all.
        share: of the votes in a word's probability with which held-out text is likeliest, from 0 to 1.
    """

    words: int
    common: int
    theta: float
    share: float

    @property
    def writing_share(self) -> float:
        """The share to write with, unless another is asked for."""
        return min(_WRITING * self.share, 1.0)

    @classmethod
    def of(cls, content: Any) -> MemoryConfig:
        """What a manifest says of it.

        Raises:
            ValueError, TypeError: naming what can't be used.
        """
        config = cls(**content)
        for name, number, least in (("words", config.words, 1), ("common", config.common, 0)):
            if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= _MOST:
                raise ValueError(f"memory.{name} is {number!r}; it must be a whole number from {least} to {_MOST}")
        for name, value, most in (("theta", config.theta, _MAX_THETA), ("share", config.share, 1.0)):
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
                raise ValueError(f"memory.{name} is {value!r}; it must be a number from 0 to {most:g}")
        return config


class Memory:
    """The pairs of one text. To be used in inference mode.

    Args:
        words: how many pairs are kept.
        theta: see `MemoryConfig`.
        size: how many numbers a hidden state has.
    """

    def __init__(self, words: int, theta: float, size: int) -> None:
        self._kept, self._theta = words, theta
        # Room for those that count again where the latest are forgotten; and that twice, so that pairs lie side by side
        # in order, and are moved only once in so many words. Memory that was never written to costs nothing.
        self._room = words + MOST_FORGOTTEN
        self._hidden = torch.zeros(2 * self._room, -(-size // _ALIGNED) * _ALIGNED)[:, :size]
        self._words = array("q", bytes(8 * len(self._hidden)))  # a number is written to it sooner than to a tensor
        self._words_as_tensor = torch.frombuffer(self._words, dtype=torch.int64)
        self._end = 0
        self._num_moved = 0  # how many pairs were moved out
        ages = torch.arange(words, 0, -1, dtype=torch.float32)  # the oldest first
        self._logs, self._doubt = -_FADING * ages.log(), torch.tensor([_DOUBT]).log()

    def copy_from(self, other: Memory) -> None:
        """Take over another text's pairs."""
        self._end, self._num_moved = other._end, other._num_moved
        for mine, its in ((self._hidden, other._hidden), (self._words_as_tensor, other._words_as_tensor)):
            mine[: self._end] = its[: self._end]

    def add(self, hidden: Tensor, word: int) -> None:
        """Keep a pair.

        Args:
            hidden: float32 (size,), the state after the words before it.
            word: any number that stands for the word.
        """
        if self._end == len(self._hidden):
            self._move_to_the_front()
        self._hidden[self._end] = hidden
        self._words[self._end] = word
        self._end += 1

    def _move_to_the_front(self) -> None:
        for held in (self._hidden, self._words_as_tensor):
            held[: self._room] = held[self._room :]
        self._end = self._room
        self._num_moved += self._room

    @property
    def num_added(self) -> int:
        """How many pairs were added so far."""
        return self._num_moved + self._end

    def forget_since(self, num_added: int) -> None:
        """Be as when so many pairs had been added, at most `MOST_FORGOTTEN` of them ago."""
        self._end = num_added - self._num_moved

    def votes(self, hidden: Tensor, num_waiting: int = 0, theta: float | None = None) -> tuple[Tensor, Tensor]:
        """What the pairs say of the word behind a state.

        Args:
            hidden: float32 (size,).
            num_waiting: so many of the latest pairs do not vote yet.
            theta: another than the memory's.

        Returns:
            int64 (pairs,): each pair's word, the oldest first; and float32 (pairs,): its weight.
        """
        end = self._end - num_waiting
        begin = max(0, end - self._kept)
        logs, theta = self._logs[self._kept - (end - begin) :], self._theta if theta is None else theta
        logs = torch.addmv(logs, self._hidden[begin:end], hidden, alpha=theta)
        return self._words_as_tensor[begin:end], torch.cat([logs, self._doubt]).softmax(dim=0)[:-1]
