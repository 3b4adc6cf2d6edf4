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
- The int8: a word's coefficients are rounded, and an int8 layer rounds the features. The bound allows for both. The
  output layer rounds hidden states; the preview looks at them as they are then, or allows for it.

The bound holds for every h. The sample of hidden states only decides how tight it is. `coldopen.preview_fit` makes the
coefficients, `coldopen.preview_features` lists them.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from coldopen.linear import JOINT_ERROR, MakeLinear, Reading
from coldopen.preview_features import FLOOR, ROUNDING, Features
from coldopen.serving_weights import PreviewWeights, Rows

_PART = 128  # words that are ruled out together: torch is slow at finding a few words among many
_FEW = 4000  # words; to look at so many more closely costs less than scoring blocks in vain
_LOWEST = torch.finfo(torch.float32).min
_NONE = torch.empty(0, dtype=torch.int64)


class Preview:
    """Upper bounds of the scores of words.

    Args:
        weights: of the preview.
        output: the words' rows of the output layer (words, hidden_size).
        bias: float32 (words,); may hold minus infinity.
        make_linear: makes the layer that multiplies features with coefficients; it may round all texts' together.
        reading: how the output layer reads hidden states.
    """

    def __init__(
        self, weights: PreviewWeights, output: Rows, bias: Tensor, make_linear: MakeLinear, reading: Reading
    ) -> None:
        self._turn, self._rows, self._read = weights.turn, output.int8, reading.inputs
        self._share = (reading.error + ROUNDING) / (JOINT_ERROR + ROUNDING)
        self._terms = torch.stack([output.scales, bias, weights.slack])  # (3, words)
        self._words = torch.arange(-(-len(bias) // _PART) * _PART).view(-1, _PART)  # the last ones are none
        bias = torch.constant_pad_nd(bias, (0, self._words.numel() - len(bias)), -torch.inf)
        self._product = make_linear(weights.coefficients.padded(len(bias)), bias)
        self._features: dict[int, Features] = {}

    def bounds(self, hidden: Tensor) -> Tensor:
        """For each word a score that it does not exceed: float32 (texts, words).

        Args:
            hidden: float32 (texts, hidden_size).
        """
        return self._bounds(self._read(hidden))[:, : len(self._rows)]

    def _bounds(self, hidden: Tensor) -> Tensor:
        num_texts = len(hidden)
        if num_texts not in self._features:
            self._features[num_texts] = Features(num_texts, self._turn, self._share)
        return self._product(self._features[num_texts].of(hidden))

    def not_below(self, scores: Sequence[float], hidden: Tensor) -> list[Tensor]:
        """For each text the words that can't be ruled out to have its score or a higher one.

        Args:
            scores: one for each text.
            hidden: float32 (texts, hidden_size).

        Returns:
            int64 (up to words,) for each text, rising. Words whose bias is minus infinity are not among them.
        """
        hidden = self._read(hidden)
        bounds = self._bounds(hidden).view(len(hidden), *self._words.shape)
        highest = bounds.amax(dim=2)  # (texts, parts)
        highest_of_all: list[float] = highest.amax(dim=1).tolist()
        errors = self._features[len(hidden)].errors
        found = []
        for text, score in enumerate(scores):
            words = _NONE
            if highest_of_all[text] >= score:
                words = self._not_below(max(score, _LOWEST), bounds[text], highest[text])
            if 0 < len(words) <= _FEW:
                words = self._closer_look(words, score, hidden[text], float(errors[text]))
            found.append(words)
        return found

    def _not_below(self, score: float, bounds: Tensor, highest: Tensor) -> Tensor:
        """The words whose bound reaches the score; see `not_below`."""
        parts = (highest >= score).nonzero().view(-1)
        return self._words.index_select(0, parts).masked_select(bounds.index_select(0, parts) >= score)

    def _closer_look(self, words: Tensor, score: float, hidden: Tensor, error: float) -> Tensor:
        """Those of the words whose own row reaches the score."""
        products = torch.mv(self._rows.index_select(0, words).to(torch.float32), hidden)
        scales, scores, slack = self._terms.index_select(1, words).unbind()
        scores.addcmul_(scales, products).add_(slack, alpha=error + FLOOR)
        return words.masked_select(scores >= score)
