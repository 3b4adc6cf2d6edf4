"""Tables as the package with English's counts has them, made small."""

from __future__ import annotations

import pickle
import sys
from collections import Counter
from types import ModuleType
from unittest.mock import patch


def english_table(sentences: list[str]) -> bytes:
    """The table of sentences, as that package makes it and nltk's class in it."""
    tokens = [sentence.split() for sentence in sentences]
    words = Counter(word for sentence in tokens for word in sentence)
    ways = Counter(word.lower() for word in words)
    behind: Counter[str] = Counter()
    before: Counter[str] = Counter()
    for sentence in tokens:
        for index, word in enumerate(sentence):
            if ways[word.lower()] > 1:
                behind[f"{sentence[index - 1]}_{word}"] += 1
                if index + 1 < len(sentence):
                    before[f"{word}_{sentence[index + 1].lower()}"] += 1
    return pickled({"uni_dist": words, "backward_bi_dist": behind, "forward_bi_dist": before})


def pickled(tables: dict[str, Counter[str]]) -> bytes:
    """The tables as a pickle of nltk's FreqDists."""
    module = ModuleType("nltk.probability")
    frequencies = type("FreqDist", (Counter,), {"__module__": "nltk.probability"})
    module.FreqDist = frequencies  # type: ignore[attr-defined]
    with patch.dict(sys.modules, {"nltk": ModuleType("nltk"), "nltk.probability": module}):
        made = {name: frequencies(counts) for name, counts in tables.items()}
        for counts in made.values():
            counts._N = None
        return pickle.dumps({**made, "word_casing_lookup": {"the": {"The", "the"}}})
