"""What words' spelling tells of their weights.

A word's features are the n-grams of its letters (Bojanowski et al. 2017, "Enriching Word Vectors with Subword
Information"). Ridge regression (Hoerl & Kennard 1970) leads from the features of words whose weights are known to those
weights, and so to the weights of other words: who ends with `:` speaks, and `-ing` is an ending of verbs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

_MOST_FEATURES = 4096
_RIDGE = 3.0
_CHUNK = 2048  # words


def ngrams(word: str) -> set[str]:
    """Two to five letters at a word's beginning and its end, and three or four anywhere; `<` and `>` mark its ends."""
    marked = f"<{word}>"
    ends = {gram for size in range(2, 6) for gram in (marked[:size], marked[-size:])}
    return ends | {marked[begin : begin + size] for size in (3, 4) for begin in range(len(marked) - size + 1)}


class Spelling:
    """Predicts the weights of words from those of others.

    Args:
        known: the words whose weights are known, at least one.
        wanted: the words whose weights are wanted.
    """

    def __init__(self, known: Sequence[str], wanted: Sequence[str]) -> None:
        counts = Counter(gram for word in known for gram in ngrams(word))
        self._features = {gram: index for index, (gram, _) in enumerate(counts.most_common(_MOST_FEATURES))}
        self._known, self._wanted = known, wanted
        moments = _RIDGE * torch.eye(len(self._features))
        for features, _ in self._chunks(known):
            moments.addmm_(features.t(), features)
        self._factor = torch.linalg.cholesky(moments)

    def predict(self, weights: Tensor, usual: Tensor) -> Tensor:
        """The wanted words' weights: float32 (wanted words, numbers).

        Args:
            weights: float32 (known words, numbers).
            usual: float32 (numbers,), of a word whose spelling tells nothing.
        """
        products = torch.zeros(len(self._features), weights.shape[1])
        for features, words in self._chunks(self._known):
            products.addmm_(features.t(), weights[words] - usual)
        coefficients = torch.cholesky_solve(products, self._factor)
        return torch.cat([usual + features @ coefficients for features, _ in self._chunks(self._wanted)])

    def _chunks(self, words: Sequence[str]) -> Iterator[tuple[Tensor, slice]]:
        """Features of some words after the other, float32 (chunk, features), and which words they are.

        A word's features have the same sum of squares however many there are.
        """
        for begin in range(0, len(words), _CHUNK):
            chunk = words[begin : begin + _CHUNK]
            features = torch.zeros(len(chunk), len(self._features))
            for row, word in enumerate(chunk):
                grams = ngrams(word)
                features[row, [self._features[gram] for gram in grams if gram in self._features]] = len(grams) ** -0.5
            yield features, slice(begin, begin + _CHUNK)
