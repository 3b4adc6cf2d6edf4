"""Text to word ids, and the ids split into a part to train on, one to validate on and one to test on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from coldopen.vocabulary import PAD, UNKNOWN, Vocabulary, tokenise

PARTS = ("train", "validation", "test")
"""The names of a split's parts."""

_TRAIN_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class Split:
    """A corpus as word ids, cut by position 90/5/5; each part int64 (words,)."""

    train: Tensor
    validation: Tensor
    test: Tensor


def ids_of_text(text: str, min_count: int = 1) -> tuple[Tensor, Vocabulary]:
    """The word ids of a text, int64 (words,), and the vocabulary that they index, made of the whole text.

    Args:
        min_count: words that occur less often become the unknown word.
    """
    tokens = tokenise(text)
    vocabulary = Vocabulary.of(tokens, min_count)
    return ids_of_tokens(tokens, vocabulary), vocabulary


def ids_of_tokens(tokens: Iterable[str], vocabulary: Vocabulary) -> Tensor:
    """The ids of tokens, int64 (tokens,). A token that the vocabulary lacks becomes its unknown word.

    Raises:
        UnknownWordError: if a token is lacking, and the vocabulary has no unknown word.
    """
    return _ids(tokens, vocabulary, UNKNOWN)


def known_ids(tokens: Iterable[str], vocabulary: Vocabulary) -> Tensor:
    """The ids of tokens of another text, int64 (tokens,). One that the vocabulary lacks becomes its unknown word, or
    `<PAD>` where it has none."""
    return _ids(tokens, vocabulary, UNKNOWN if UNKNOWN in vocabulary else PAD)


def _ids(tokens: Iterable[str], vocabulary: Vocabulary, stand_in: str) -> Tensor:
    """The ids of tokens; a word stands in for those that the vocabulary lacks."""
    return torch.tensor([vocabulary.id(token if token in vocabulary else stand_in) for token in tokens])


def split_by_position(ids: Tensor) -> Split:
    """The first 90 % to train on; the rest halved into validation and test. Nothing is shuffled or copied."""
    train, middle, _ = part_ends(len(ids))
    return Split(ids[:train], ids[train:middle], ids[middle:])


def part_ends(words: int) -> tuple[int, int, int]:
    """Behind which words the parts of so many end."""
    train = int(words * _TRAIN_SHARE)
    return train, train + (words - train) // 2, words
