"""Which words of a text without capitals are names: told by who speaks in it, and by how its words stand.

Most of those who speak have names (`jerry`), some have trades (`waitress`). A trade stands behind a determiner (`the
waitress`, `your doctor`) where it does not stand as a cue; a name hardly ever does. A cue with a number is a trade
(`cop #2`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from coldopen.sentences import TITLES
from coldopen.vocabulary import PUNCTUATION, PUNCTUATION_TOKENS, is_speaker, tokenise

DETERMINERS = frozenset(
    "a an the my your his her our their this that these those some any no every each another other".split(" ")  # noqa: SIM905
)
"""Words that a common noun stands behind, and a name hardly ever."""

_STOP = PUNCTUATION["."]
_FEWEST_CUES = 2
_MOST_DETERMINED = 0.1  # of a word's occurrences, cues among them
_SURELY_DETERMINED = 0.5  # of its occurrences but for cues
_FEWEST_AS_CUES = 0.2  # cues for each other occurrence
_FEWEST_PAIRS, _OFTEN_A_PAIR, _MOSTLY_A_PAIR = 2, 0.2, 0.5
_FEWEST_TITLED, _MOSTLY_TITLED = 3, 0.15


def learn_names(words: Sequence[str], cues: Mapping[str, int]) -> dict[str, str]:
    """The names in a text, and pairs of words that are names together, with their capitals.

    Args:
        words: the text's.
        cues: how often each name stands as a cue.
    """
    counts = Counter(words)
    determined = Counter(_determined(words))
    speakers = _speakers(cues)
    titles = {word for word in TITLES if counts[word]}
    names = {
        word
        for word, count in speakers.items()
        if counts[word]
        and count >= _FEWEST_CUES
        and count >= _FEWEST_AS_CUES * counts[word]
        and determined[word] <= _MOST_DETERMINED * (counts[word] + count)
        and not (determined[word] >= 2 and determined[word] >= _SURELY_DETERMINED * counts[word])
    }
    names |= set(_titled(words, counts, determined))
    casing = {word: _capitalised(word) for word in (*titles, *names)}
    return {**casing, **_full_names(words, cues, counts, casing)}


def with_possessives(casing: Mapping[str, str], words: Mapping[str, int]) -> dict[str, str]:
    """The casing, and that of the possessives (`jerry's`) which the text has of its words."""
    owned = {f"{word}{ending}": f"{written}{ending}" for word, written in casing.items() for ending in ("'s", "'")}
    return {**{word: written for word, written in owned.items() if word in words}, **casing}


def _determined(words: Sequence[str]) -> Iterator[str]:
    return (word for before, word in pairwise(words) if before in DETERMINERS)


def _speakers(cues: Mapping[str, int]) -> Counter[str]:
    """How often each word names a speaker by itself or behind a title; not those that have been numbered."""
    speakers: Counter[str] = Counter()
    numbered: set[str] = set()
    for cue, count in cues.items():
        parts = tokenise(cue)
        if len(parts) == 1:
            speakers[cue] += count
        elif len(parts) == 3 and parts[0] in TITLES and parts[1] == _STOP:
            speakers[parts[2]] += count
        elif parts[-1].lstrip("#").isdigit():
            numbered.update(parts)
    return Counter({word: count for word, count in speakers.items() if word.isalpha() and word not in numbered})


def _titled(words: Sequence[str], counts: Mapping[str, int], determined: Mapping[str, int]) -> Iterator[str]:
    """Words that often stand behind a title, as in `mr. pitt`."""
    titled = Counter(
        word
        for title, stop, word in zip(words, words[1:], words[2:], strict=False)
        if title in TITLES and stop == _STOP and word not in PUNCTUATION_TOKENS and not is_speaker(word)
    )
    for word, count in titled.items():
        is_often = count >= _FEWEST_TITLED and count >= _MOSTLY_TITLED * counts[word]
        if is_often and word.isalpha() and determined[word] <= _MOST_DETERMINED * counts[word]:
            yield word


def _full_names(
    words: Sequence[str], cues: Mapping[str, int], counts: Mapping[str, int], casing: Mapping[str, str]
) -> dict[str, str]:
    """Pairs of words that a cue names, which never stand behind a determiner: `uncle leo`.

    Both words are often found in the pair, or the first is a name and the second mostly found behind it.
    """
    named = {pair for cue in cues for pair in _pairs(cue)}
    found = Counter(pair for pair in map(" ".join, pairwise(words)) if pair in named)
    triples = zip(words, words[1:], words[2:], strict=False)
    determined = {f"{first} {second}" for before, first, second in triples if before in DETERMINERS}
    full: dict[str, str] = {}
    for pair, count in found.items():
        first, second = pair.split(" ")
        is_often = count >= _OFTEN_A_PAIR * max(counts[first], counts[second])
        is_surname = first in casing and count >= _MOSTLY_A_PAIR * counts[second]
        written = f"{_capitalised(first)} {_capitalised(second)}"
        is_new = written != f"{casing.get(first, first)} {casing.get(second, second)}"
        if count >= _FEWEST_PAIRS and (is_often or is_surname) and pair not in determined and is_new:
            full[pair] = written
    return full


def _pairs(cue: str) -> Iterator[str]:
    parts = cue.split(" ")
    if all(part.isalpha() for part in parts):
        yield from map(" ".join, pairwise(parts))


def _capitalised(word: str) -> str:
    return word[:1].upper() + word[1:]
