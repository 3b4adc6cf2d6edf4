"""The output layer: from a hidden state to the likeliest next words, most of the other words left unscored.

The layer is cut into blocks of words. The first block, of the most frequent words, is always scored. Another block is
scored only where the preview can't rule out that it holds one of the likeliest words. So the words that are found are
always those of the whole layer, with the same scores. A word's score is its logit.

Where texts have memories, the words that they hold are scored beside the first block (`coldopen.recall`).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from coldopen.linear import Linear
from coldopen.preview import Preview
from coldopen.recall import Placed, Recall

Top = tuple[list[float], list[int]]
"""The scores of the likeliest words, falling, and the words' ids."""

_ROUNDING = 1e-3  # more than a score loses when a memory is mixed in


class OutputLayer:
    """Scores the next word.

    Args:
        first: the first block.
        further: the other blocks in the order of ids, all of one size but the last.
        block_size: how many words a further block has.
        preview: bounds for the words behind the first block; None if there are none.
    """

    def __init__(self, first: Linear, further: Sequence[Linear], block_size: int, preview: Preview | None) -> None:
        self.first, self.further = first, further
        self.block_size = block_size
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
        first = self.first(hidden)
        size, places = first.shape[1], {id: divmod(id - first.shape[1], self.block_size) for id in ids}
        scored = {block: self.further[block](hidden) for block in {places[id][0] for id in ids if id >= size}}
        return [float(first[0, id] if id < size else scored[places[id][0]][0, places[id][1]]) for id in ids]

    def top(self, hidden: Tensor, count: int, recalls: Sequence[Recall] = ()) -> list[Top]:
        """For each text the `count` likeliest words of all.

        Args:
            hidden: float32 (texts, output_size).
            count: at most the size of the vocabulary.
            recalls: each text's, where memories take part.
        """
        first = self.first(hidden)  # (texts, first block's words)
        if count > first.shape[1]:
            rows = list(self.logits(hidden)[:, None])  # each (1, vocabulary_size)
            if recalls:
                rows = [recall.all_mixed(row, state) for recall, row, state in zip(recalls, rows, hidden, strict=True)]
            return [Placed(row).top(count) for row in rows]
        texts = [Placed(row) for row in first[:, None]]
        if recalls:
            texts = [recall.mixed(row.shares, state) for recall, row, state in zip(recalls, texts, hidden, strict=True)]
        tops = [text.top(count) for text in texts]
        candidates = self._candidates([scores[-1] - (_ROUNDING if recalls else 0) for scores, _ in tops], hidden)
        for index, (text, blocks) in enumerate(zip(texts, candidates, strict=True)):
            if blocks:
                tops[index] = self._with_blocks(text, blocks, hidden[index : index + 1]).top(count)
            if blocks or text.behind:
                scores, places = tops[index]
                tops[index] = scores, [self._id(place, first.shape[1], text.behind, blocks) for place in places]
        return tops

    def _candidates(self, scores: Sequence[float], hidden: Tensor) -> list[list[int]]:
        """For each text the further blocks that may hold a word of a score or a higher one, rising."""
        if self.preview is None:
            return [[] for _ in scores]
        found = self.preview.not_below(scores, hidden)
        return [sorted({index // self.block_size for index in words.tolist()}) for words in found]

    def _with_blocks(self, text: Placed, blocks: Sequence[int], hidden: Tensor) -> Placed:
        """The same and the words of some further blocks, but for those that have a place already."""
        further = [self.further[block](hidden) for block in blocks]
        first_size = text.shares.shape[1] - len(text.behind)
        for id in text.behind:
            block, index = divmod(id - first_size, self.block_size)
            if block in blocks:
                further[blocks.index(block)][0, index] = -torch.inf
        return Placed(torch.cat([text.scores(), *further], dim=1))

    def _id(self, place: int, first_size: int, behind: Sequence[int], blocks: Sequence[int]) -> int:
        """The id of the word at a place: in the first block, among the words behind it, or in some further blocks."""
        if place < first_size:
            return place
        if place < first_size + len(behind):
            return behind[place - first_size]
        index = place - first_size - len(behind)
        return first_size + blocks[index // self.block_size] * self.block_size + index % self.block_size
