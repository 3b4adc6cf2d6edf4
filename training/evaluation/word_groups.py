"""Kinds of words, by what they are and by how often the training part holds them: each word is of one group."""

from __future__ import annotations

import torch
from torch import Tensor

from coldopen.vocabulary import PUNCTUATION_TOKENS, Vocabulary, is_speaker

GROUPS = {
    "punctuation": "one of the ten marks that are words of their own, the line break among them",
    "speaker": "a word that ends in a colon, as a speaker's name does",
    "frequent": "any other word that stands 100 times or more in the training part",
    "occasional": "any other word that stands 10 to 99 times there",
    "rare": "any other word that stands 1 to 9 times there",
    "unseen": "a word of any kind that never stands there",
}
"""Each group's name and definition."""

_FREQUENT, _OCCASIONAL = 100, 10


def group_of_words(vocabulary: Vocabulary, train: Tensor) -> Tensor:
    """The group of each word of the vocabulary.

    Args:
        vocabulary: what the ids mean.
        train: int64 (words,), the training part.

    Returns:
        int64 (vocabulary_size,): each word's index in GROUPS.
    """
    counts = torch.bincount(train, minlength=len(vocabulary)).tolist()
    index = {name: number for number, name in enumerate(GROUPS)}
    return torch.tensor([index[_group(word, count)] for word, count in zip(vocabulary.words, counts, strict=True)])


def _group(word: str, count: int) -> str:
    if not count:
        return "unseen"
    if word in PUNCTUATION_TOKENS:
        return "punctuation"
    if is_speaker(word):
        return "speaker"
    if count >= _FREQUENT:
        return "frequent"
    return "occasional" if count >= _OCCASIONAL else "rare"
