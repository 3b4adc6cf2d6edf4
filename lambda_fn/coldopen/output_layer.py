"""The output layer: from a hidden state to the likeliest next words, most of the other words left unscored.

The layer is cut into blocks of words. The first block, of the most frequent words, is always scored. Another block is
scored only where the preview can't rule out that it holds one of the likeliest words. So the words that are found are
always those of the whole layer, with the same scores. A word's score is its logit.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from coldopen.linear import Linear
from coldopen.preview import Preview

Top = tuple[list[float], list[int]]
"""The scores of the likeliest words, falling, and the words' ids."""


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
        """All words' scores: float32 (texts, vocabulary_size).

        Args:
            hidden: float32 (texts, output_size).
        """
        return torch.cat([self.first(hidden), *(block(hidden) for block in self.further)], dim=1)

    def logits_of(self, ids: Sequence[int], hidden: Tensor) -> list[float]:
        """Some words' scores.

        Args:
            ids: the words.
            hidden: float32 (1, output_size).
        """
        first = self.first(hidden)
        size, places = first.shape[1], {id: divmod(id - first.shape[1], self.block_size) for id in ids}
        scored = {block: self.further[block](hidden) for block in {places[id][0] for id in ids if id >= size}}
        return [float(first[0, id] if id < size else scored[places[id][0]][0, places[id][1]]) for id in ids]

    def top(self, hidden: Tensor, count: int) -> list[Top]:
        """For each text the `count` likeliest words of all.

        Args:
            hidden: float32 (texts, output_size).
            count: at most the size of the vocabulary.
        """
        first = self.first(hidden)  # (texts, first block's words)
        if count > first.shape[1]:
            return _top(self.logits(hidden), count)
        tops = _top(first, count)
        if self.preview is None:
            return tops
        candidates = self.preview.not_below([scores[-1] for scores, _ in tops], hidden)  # behind the first block
        for text, indices in enumerate(candidates):
            if len(indices):
                blocks = sorted({index // self.block_size for index in indices.tolist()})
                tops[text] = self._top_of_blocks(first[text : text + 1], blocks, hidden[text : text + 1], count)
        return tops

    def _top_of_blocks(self, first: Tensor, blocks: Sequence[int], hidden: Tensor, count: int) -> Top:
        """The likeliest words of the first block and of some further blocks.

        Args:
            first: the first block's scores (1, first block's words).
        """
        scored = torch.cat([first, *(self.further[block](hidden) for block in blocks)], dim=1)
        ((scores, indices),) = _top(scored, count)
        size = first.shape[1]
        return scores, [index if index < size else self._id(index - size, blocks, size) for index in indices]

    def _id(self, index: int, blocks: Sequence[int], first_size: int) -> int:
        """The id of a word, from its index in some further blocks side by side."""
        return first_size + blocks[index // self.block_size] * self.block_size + index % self.block_size


def _top(logits: Tensor, count: int) -> list[Top]:
    """The highest scores of each row, falling, and their indices in the row."""
    values, indices = logits.topk(count)
    return list(zip(values.tolist(), indices.tolist(), strict=True))
