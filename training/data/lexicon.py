"""Learning a lexicon: what a corpus's text says of its words beyond their order."""

from __future__ import annotations

import re
from collections import Counter

from coldopen.lexicon import Lexicon
from coldopen.vocabulary import RETURN, Vocabulary, tokenise
from training.data.casing import is_cased, learn_casing
from training.data.cues import cue_counts
from training.data.english import English
from training.data.english_casing import EnglishCasing
from training.data.names import learn_names, with_possessives

_DASH = re.compile(r"([^\s.,\";!?()\-]+)( *)-( *)(?=([^\s.,\";!?()\-]+))")


def learn_lexicon(text: str, vocabulary: Vocabulary, english: English | None = None) -> Lexicon:
    """The lexicon of a text.

    Args:
        text: as the scripts have it, in their own casing.
        vocabulary: made of it; nothing is learnt of other words.
        english: how English writes words, for a text that is in lower case itself.
    """
    words = tokenise(text)
    cues = cue_counts(text)
    casing = learn_casing(text) if is_cased(text) else _names_and_english(words, cues, english)
    return Lexicon(
        vocabulary,
        cues=dict.fromkeys(cues),
        casing={key: written for key, written in casing.items() if all(word in vocabulary for word in key.split(" "))},
        compounds=_compounds(text, vocabulary),
        line_breaks=_line_breaks(words),
    )


def _names_and_english(words: list[str], cues: Counter[str], english: English | None) -> dict[str, str]:
    casing = learn_names(words, cues)
    vocabulary = Counter(words)
    if not english:
        return with_possessives(casing, vocabulary)
    prose = EnglishCasing(english, words)
    casing = {**prose.learn(), **prose.names(casing)}
    casing = with_possessives({**casing, **prose.pairs(casing)}, vocabulary)
    return {**casing, **prose.contractions(casing)}


def _compounds(text: str, vocabulary: Vocabulary) -> frozenset[str]:
    """Pairs of words that a dash joins without spaces more often than with them."""
    joined: Counter[str] = Counter()
    for match in _DASH.finditer(text.lower()):
        first, *spaces, second = match.groups()
        if first in vocabulary and second in vocabulary:
            joined[f"{first}-{second}"] += -1 if any(spaces) else 1
    return frozenset(pair for pair, count in joined.items() if count > 0)


def _line_breaks(words: list[str]) -> int:
    """How many line breaks mostly stand between two lines: 1, or 2 for an empty line between them."""
    runs: Counter[int] = Counter()
    length = 0
    for word in words:
        if word == RETURN:
            length += 1
        elif length:
            runs[min(length, 2)] += 1
            length = 0
    return 1 if runs[1] > runs[2] else 2
