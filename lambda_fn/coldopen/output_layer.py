"""The output layer: from a hidden state to the likeliest next words, most of the other words left unscored.

The layer is cut into blocks of words. The first block, of the most frequent words, is always scored. Another block is
scored only where the preview can't rule out that it holds one of the likeliest words. So the words that are found are
always those of the whole layer, with the same scores. A word's score is its logit.

Where texts have memories, the words that they hold are scored beside the first block (`coldopen.recall`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from coldopen.linear import Linear
from coldopen.preview import Preview
from coldopen.recall import Placed, Recall

Top = tuple[list[float], list[int]]
"""The scores of the likeliest words, falling, and the words' ids."""

_MANY = 50  # words; fewer are told apart faster one by one
_ROUNDING = 1e-3  # more than a score loses when a memory is mixed in


class Guess(NamedTuple):
    """The likeliest words of those that have places: nearly always those of all.

    Attributes:
        placed: the words that have places; None if all words took part.
        top: the likeliest.
    """

    placed: Placed | None
    top: Top

    @property
    def least(self) -> float:
        """A word of a lower score is not among the likeliest."""
        if self.placed is None:
            return math.inf
        return self.top[0][-1] - (0 if self.placed.log_sum is None else _ROUNDING)


class OutputLayer:
    """Scores the next word.

    Args:
        first: the first block.
        first_size: how many words it has.
        further: the other blocks in the order of ids, all of one size but the last.
        block_size: how many words a further block has.
        preview: bounds for the words behind the first block; None if there are none.
    """

    def __init__(
        self, first: Linear, first_size: int, further: Sequence[Linear], block_size: int, preview: Preview | None
    ) -> None:
        self.first, self.further = first, further
        self.first_size, self.block_size = first_size, block_size
        self.preview = preview

    def logits(self, hidden: Tensor) -> Tensor:
        """All words' scores, without a memory: float32 (texts, vocabulary_size).

        Args:
            hidden: float32 (texts, output_size).
        """
        return torch.cat([self.first(hidden), *(block(hidden) for block in self.further)], dim=1)

    def logits_of(self, ids: Sequence[int], hidden: Tensor) -> list[float]:
        """Some words' scores, without a memory.

        Args:
            ids: the words.
            hidden: float32 (1, output_size).
        """
        first, size = self.first(hidden), self.first_size
        places = {id: divmod(id - size, self.block_size) for id in ids}
        scored = {block: self.further[block](hidden) for block in {places[id][0] for id in ids if id >= size}}
        return [float(first[0, id] if id < size else scored[places[id][0]][0, places[id][1]]) for id in ids]

    def top(self, hidden: Tensor, count: int, recalls: Sequence[Recall] = ()) -> list[Top]:
        """For each text the `count` likeliest words of all.

        Args:
            hidden: float32 (texts, output_size).
            count: at most the size of the vocabulary.
            recalls: each text's, where memories take part.
        """
        guesses = self.guesses(hidden, count, recalls)
        return [top or guess.top for guess, top in zip(guesses, self.corrections(guesses, hidden), strict=True)]

    def guesses(self, hidden: Tensor, count: int, recalls: Sequence[Recall] = ()) -> list[Guess]:
        """The same without a look at words that have no place; see `top` and `corrections`."""
        if count > self.first_size:
            rows = list(self.logits(hidden))
            if recalls:
                rows = [recall.all_mixed(row, state) for recall, row, state in zip(recalls, rows, hidden, strict=True)]
            return [Guess(None, Placed(row).top(count)) for row in rows]
        texts = [Placed(row) for row in self.first(hidden).unbind()]
        for index, recall in enumerate(recalls):
            if recall.is_asked:
                texts[index] = recall.mixed(texts[index].shares, hidden[index])
        return [Guess(text, self._with_ids(text.top(count), text.behind)) for text in texts]

    def corrections(self, guesses: Sequence[Guess], hidden: Tensor) -> list[Top | None]:
        """For each guess the likeliest words of all; None where it has them already.

        Args:
            guesses: at several texts' next word, or at several words of a text.
            hidden: float32 (guesses, output_size), what they were made from.
        """
        right: list[Top | None] = [None] * len(guesses)
        for index, blocks in enumerate(self._candidates([guess.least for guess in guesses], hidden)):
            placed, (scores, _) = guesses[index]
            if placed and blocks:
                text = self._with_blocks(placed, blocks, hidden[index : index + 1])
                right[index] = self._with_ids(text.top(len(scores)), placed.behind, blocks)
        return right

    def _candidates(self, scores: Sequence[float], hidden: Tensor) -> list[list[int]]:
        """For each text the further blocks that may hold a word of a score or a higher one, rising."""
        if self.preview is None:
            return [[] for _ in scores]
        found = self.preview.not_below(scores, hidden)
        return [self._blocks_of(words) for words in found]

    def _blocks_of(self, words: Tensor) -> list[int]:
        """The further blocks that hold some words, int64 (words,), rising and counted from the first of them."""
        if len(words) > _MANY:
            blocks: Tensor = (words // self.block_size).unique_consecutive()  # type: ignore[no-untyped-call]
            rising: list[int] = blocks.tolist()
            return rising
        return sorted({index // self.block_size for index in words.tolist()})

    def _with_blocks(self, text: Placed, blocks: Sequence[int], hidden: Tensor) -> Placed:
        """The same and the words of some further blocks, but for those that have a place already."""
        further = [self.further[block](hidden)[0] for block in blocks]
        for id in text.behind:
            block, index = divmod(id - self.first_size, self.block_size)
            if block in blocks:
                further[blocks.index(block)][index] = -torch.inf
        return Placed(torch.cat([text.scores(), *further]))

    def _with_ids(self, top: Top, behind: Sequence[int], blocks: Sequence[int] = ()) -> Top:
        """The same with ids for places."""
        scores, places = top
        if not behind and not blocks:
            return top
        size = self.first_size
        return scores, [place if place < size else self._id(place - size, behind, blocks) for place in places]

    def _id(self, index: int, behind: Sequence[int], blocks: Sequence[int]) -> int:
        """The id of the word at a place behind the first block: among the words there, or in some further blocks."""
        if index < len(behind):
            return behind[index]
        block, index = divmod(index - len(behind), self.block_size)
        return self.first_size + blocks[block] * self.block_size + index
