"""The preview: an upper bound of each word's score, from a few numbers per word. It tells which words can't be likely.

A word's score is w . h + b, for its row w of the output layer's weight W, its bias b and a hidden state h. The preview
turns hidden states into coordinates z in which the first few carry nearly all of W h. The score then has two parts: the
sum over the first coordinates is computed as it is, and the sum over the others is bounded.

- The turn: let C = R R^T be the second moments of hidden states of text. The right singular vectors of W R, by falling
  singular value, give the coordinates (Shim et al. 2017, "SVD-Softmax: Fast Softmax Approximation on Large Vocabulary
  Neural Networks").
- The bound: the other coordinates are cut into groups. By the Cauchy-Schwarz inequality, a group adds at most the norm
  of w's coefficients there times the norm of z there (Li et al. 2017, "FEXIPRO: Fast and Exact Inner Product Retrieval
  in Recommender Systems").
- The int8: a word's coefficients are rounded, and an int8 layer rounds the features. The bound allows for both.

The bound holds for every h. The sample of hidden states only decides how tight it is. `coldopen.preview_fit` makes the
coefficients, `coldopen.preview_features` lists them.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from coldopen.linear import MakeLinear
from coldopen.preview_features import FLOOR, Features
from coldopen.serving_weights import PreviewWeights, Rows

_FEW = 4000  # words; to look at so many more closely costs less than scoring blocks in vain
_NONE = torch.empty(0, dtype=torch.int64)


class Preview:
    """Upper bounds of the scores of words.

    Args:
        weights: of the preview.
        output: the words' rows of the output layer (words, hidden_size).
        bias: float32 (words,); may hold minus infinity.
        make_linear: makes the layer that multiplies features with coefficients; it may round all texts' together.
    """

    def __init__(self, weights: PreviewWeights, output: Rows, bias: Tensor, make_linear: MakeLinear) -> None:
        self._turn, self._rows = weights.turn, output.int8
        self._terms = torch.stack([output.scales, bias, weights.slack])  # (3, words)
        self._product = make_linear(weights.coefficients, bias)
        self._features: dict[int, Features] = {}

    def bounds(self, hidden: Tensor) -> Tensor:
        """For each word a score that it does not exceed: float32 (texts, words).

        Args:
            hidden: float32 (texts, hidden_size).
        """
        num_texts = len(hidden)
        if num_texts not in self._features:
            self._features[num_texts] = Features(num_texts, self._turn)
        return self._product(self._features[num_texts].of(hidden))

    def not_below(self, scores: Sequence[float], hidden: Tensor) -> list[Tensor]:
        """For each text the words that can't be ruled out to have its score or a higher one.

        Args:
            scores: one for each text.
            hidden: float32 (texts, hidden_size).

        Returns:
            int64 (up to words,) for each text, rising.
        """
        bounds = self.bounds(hidden)
        highest: list[float] = bounds.amax(dim=1).tolist()
        largest = self._features[len(hidden)].largest
        return [
            self._closer_look(bounds[text], score, hidden[text], float(largest[text]))
            if highest[text] >= score
            else _NONE
            for text, score in enumerate(scores)
        ]

    def _closer_look(self, bounds: Tensor, score: float, hidden: Tensor, largest: float) -> Tensor:
        """The words whose bound reaches the score and, if they are few, whose own row does too."""
        words = (bounds >= score).nonzero().view(-1)
        if len(words) > _FEW:
            return words
        products = torch.mv(self._rows.index_select(0, words).to(torch.float32), hidden)
        scales, scores, slack = self._terms.index_select(1, words)
        scores.addcmul_(scales, products).add_(slack, alpha=max(largest, FLOOR))
        return words.masked_select(scores >= score)
