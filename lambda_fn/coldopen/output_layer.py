"""The output layer: from a hidden state to the likeliest next words, most of the other words left unscored.

The layer is cut into blocks of words. The first block, of the most frequent words, is always scored. Another block is
scored only where the preview can't rule out that it holds one of the likeliest words. So the words that are found are
always those of the whole layer, with the same scores. A word's score is its logit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from coldopen.linear import Linear
from coldopen.preview import Preview

Top = tuple[list[float], list[int]]
"""The scores of the likeliest words, falling, and the words' ids."""


class OutputLayer:
    """Scores the next word.

    Args:
        blocks: the layer's parts in the order of ids, all of one size but the last.
        preview: bounds for the words behind the first block; None if there are none.
    """

    def __init__(self, blocks: Sequence[Linear], preview: Preview | None) -> None:
        self.blocks = blocks
        self.preview = preview

    def logits(self, hidden: Tensor) -> Tensor:
        """All words' scores: float32 (texts, vocabulary_size).

        Args:
            hidden: float32 (texts, output_size).
        """
        return self._logits(range(len(self.blocks)), hidden)

    def logits_of(self, ids: Sequence[int], hidden: Tensor) -> list[float]:
        """Some words' scores.

        Args:
            ids: the words.
            hidden: float32 (1, output_size).
        """
        first = self.blocks[0](hidden)
        block_size = first.shape[1]
        scored = {0: first} | {block: self.blocks[block](hidden) for block in {id // block_size for id in ids} - {0}}
        return [float(scored[id // block_size][0, id % block_size]) for id in ids]

    def top(self, hidden: Tensor, count: int) -> list[Top]:
        """For each text the `count` likeliest words of all.

        Args:
            hidden: float32 (texts, output_size).
            count: at most the size of the vocabulary.
        """
        first = self.blocks[0](hidden)  # (texts, block size)
        if count > first.shape[1]:
            return _top(self.logits(hidden), count)
        tops = _top(first, count)
        if self.preview is None:
            return tops
        lowest_scores = [scores[-1] for scores, _ in tops]
        for text, further in enumerate(self._further_blocks(self.preview, lowest_scores, hidden, first.shape[1])):
            if further:
                tops[text] = self._top_of_blocks(first[text : text + 1], further, hidden[text : text + 1], count)
        return tops

    def _further_blocks(
        self, preview: Preview, scores: Sequence[float], hidden: Tensor, block_size: int
    ) -> list[list[int]]:
        """For each text the blocks behind the first that may hold a word of its score or a higher one, rising."""
        candidates = preview.not_below(scores, hidden)  # counted from the first word behind the first block
        return [
            sorted({1 + index // block_size for index in indices.tolist()}) if len(indices) else []
            for indices in candidates
        ]

    def _top_of_blocks(self, first: Tensor, further: Sequence[int], hidden: Tensor, count: int) -> Top:
        """The likeliest words of the first block and of some further blocks.

        Args:
            first: the first block's scores (1, block size).
        """
        blocks, block_size = [0, *further], first.shape[1]
        ((scores, indices),) = _top(torch.cat([first, self._logits(further, hidden)], dim=1), count)
        return scores, [blocks[index // block_size] * block_size + index % block_size for index in indices]

    def _logits(self, blocks: Iterable[int], hidden: Tensor) -> Tensor:
        """The scores of some blocks' words: float32 (texts, words)."""
        return torch.cat([self.blocks[block](hidden) for block in blocks], dim=1)


def _top(logits: Tensor, count: int) -> list[Top]:
    """The highest scores of each row, falling, and their indices in the row."""
    values, indices = logits.topk(count)
    return list(zip(values.tolist(), indices.tolist(), strict=True))
