"""The casing of a corpus in lower case, as English prose has it: `God`, `TV`, `New York`, and `don't` for `dont`.

Only what is written with a capital nearly always counts, and nothing that the corpus uses as a common noun: `the
turkey` keeps its small letter, whatever the news say of Turkey.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

from coldopen.sentences import TITLES
from coldopen.vocabulary import PUNCTUATION
from training.data.contractions import with_apostrophe
from training.data.english import Counts, English
from training.data.names import DETERMINERS

_FEWEST, _FEWEST_IN_CAPITALS, _NEARLY_ALWAYS = 8, 10, 0.94
_PROVEN = 40  # so often in capitals, and a determiner is no doubt: `the Yankees`
_NOUN, _PLAINLY_A_NOUN = 0.1, 0.5  # share of occurrences behind a determiner
_MOSTLY_A_WORD, _FEWEST_AS_A_WORD = 0.7, 20
_FEWEST_INITIALS = 3
_FEWEST_PAIRS, _MOSTLY_A_PAIR, _OFTEN_DETERMINED = 3, 0.8, 0.3
_MOST_MISSPELT, _FEWEST_FOR_EACH = 4, 3
_VOWELS = frozenset("aeiouy")
_DASH = PUNCTUATION["-"]


class EnglishCasing:
    """What English says of a corpus's words.

    Args:
        english: the counts.
        words: the corpus's, in lower case.
    """

    def __init__(self, english: English, words: Sequence[str]) -> None:
        self._english = english
        self._words = words
        self._counts = Counter(words)
        # `my` says nothing here: `my God`
        determiners = DETERMINERS - {"my"}
        pairs = list(pairwise(words))
        self._pairs = Counter(pairs)
        triples = zip(words, words[1:], words[2:], strict=False)
        self._determined_pairs = Counter((first, second) for before, first, second in triples if before in DETERMINERS)
        self._determined = Counter(word for before, word in pairs if before in determiners)
        self._dashed = Counter(word for word, after in pairs if after == _DASH)
        self._dashed.update(word for before, word in pairs if before == _DASH)

    def names(self, casing: Mapping[str, str]) -> dict[str, str]:
        """The names among those found in the corpus: not common words (`officer`); and initials as such (`FDR`)."""
        names: dict[str, str] = {}
        for name, written in casing.items():
            ways = self._english.inside(name)
            as_a_word = ways.get(name, 0)
            if as_a_word < max(_FEWEST_AS_A_WORD, _MOSTLY_A_WORD * sum(ways.values())):
                is_initials = ways.get(name.upper(), 0) >= _FEWEST_INITIALS and _VOWELS.isdisjoint(name)
                names[name] = name.upper() if is_initials and name not in TITLES else written
        return names

    def learn(self) -> dict[str, str]:
        """The corpus's words that English writes otherwise than in lower case."""
        return {word: written for word in self._counts if (written := self._written(word)) != word}

    def pairs(self, casing: Mapping[str, str]) -> dict[str, str]:
        """The corpus's pairs of words that English writes with capitals, and not each word by itself."""
        found: dict[str, str] = {}
        for (first, second), count in self._pairs.items():
            if count < 2 or first in DETERMINERS or min(len(first), len(second)) < 2:
                continue
            parts = [_mostly(ways) for ways in self._english.pair(first, second)]
            written = " ".join(parts)
            has_capitals = all(part.istitle() and part.isalpha() for part in parts)
            determined = self._determined_pairs[first, second] / count
            if (
                has_capitals
                and determined < _OFTEN_DETERMINED
                and written != f"{casing.get(first, first)} {casing.get(second, second)}"
            ):
                found[f"{first} {second}"] = written
        return found

    def contractions(self, casing: Mapping[str, str]) -> dict[str, str]:
        """Words that lost their apostrophe, with it: the corpus knows them with it, and English not without it."""
        found: dict[str, str] = {}
        for word, count in self._counts.items():
            for whole in with_apostrophe(word):
                is_usual = self._counts[whole] >= _FEWEST_FOR_EACH * count
                if is_usual and self._english.total(word) <= _MOST_MISSPELT:
                    found[word] = f"I{whole[1:]}" if whole.startswith("i'") else casing.get(whole, whole)
        return found

    def _written(self, word: str) -> str:
        """A word as English writes it; the word itself in doubt."""
        ways = self._english.inside(word)
        capital = {way: count for way, count in ways.items() if way != word}
        if not capital or not word.isalpha() or len(word) < 2:
            return word
        written = max(capital, key=lambda way: (not _is_shouted(way, capital), capital[way]))
        count = sum(capital.values())
        fewest = _FEWEST_IN_CAPITALS if written.isupper() else _FEWEST
        as_a_word = ways.get(word, 0) + sum(self._in_lower_case(form) for form in _inflected(word))
        is_proper = count >= fewest and count >= _NEARLY_ALWAYS * (count + as_a_word)
        is_short = len(word) < 3 and not written.isupper()
        is_part = 2 * self._dashed[word] >= self._counts[word]  # of compounds and stutters
        return word if not is_proper or is_short or is_part or self._is_noun(word, count) else written

    def _is_noun(self, word: str, count: int) -> bool:
        """Whether the corpus uses a word as a common noun: behind a determiner, and in the plural."""
        plural = next(
            (form for form in (f"{word}s", f"{word}es") if self._counts[form] or self._english.total(form)), ""
        )
        share = self._determined[word] / self._counts[word]
        if plural and self._in_lower_case(plural):
            return share >= _NOUN
        is_proven = count >= _PROVEN or bool(plural and self._english.total(plural))
        return share >= _PLAINLY_A_NOUN and not is_proven

    def _in_lower_case(self, word: str) -> int:
        return self._english.inside(word).get(word, 0)


def _is_shouted(way: str, ways: Counts) -> bool:
    """Whether a word in capitals is a shorter way of shouting one that is also written with a single capital."""
    return way.isupper() and any(way != other and not other.isupper() for other in ways)


def _inflected(word: str) -> set[str]:
    """What a word becomes as a verb, and its stem, if it looks like a plural."""
    stem = word.removesuffix("e")
    forms = {f"{stem}ed", f"{stem}ing", f"{word}{word[-1]}ed", f"{word}{word[-1]}ing"}
    return forms | ({word[:-1]} if word.endswith("s") else set())


def _mostly(ways: Counts) -> str:
    """The way that is nearly always taken; empty if there is none."""
    best = max(ways, key=ways.__getitem__, default="")
    return best if best and ways[best] >= max(_FEWEST_PAIRS, _MOSTLY_A_PAIR * sum(ways.values())) else ""
