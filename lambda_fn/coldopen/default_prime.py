"""The prime where none was asked for: one that any model knows."""

from __future__ import annotations

from collections.abc import Iterable

from coldopen.vocabulary import is_speaker


def default_prime(words: Iterable[str]) -> str:
    """The most frequent speaker, or the most frequent word where nobody speaks.

    Args:
        words: a vocabulary's, the most frequent first; punctuation tokens and fill-ins may be among them.

    Raises:
        ValueError: if there is no word.
    """
    ordinary: dict[str, None] = {}
    for word in words:
        if is_speaker(word) and word[:-1].isalpha():
            return word if word[:-1] in ordinary else word[:-1]  # a name that is more often a word is no cue by itself
        if word.isalpha():
            ordinary[word] = None
    if not ordinary:
        raise ValueError("there is no word to begin with")
    return next(iter(ordinary))
