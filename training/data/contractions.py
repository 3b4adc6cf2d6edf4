"""Contractions that lost their apostrophe in part of a corpus, as `dont` for `don't`: told by the corpus's other parts.

Transcripts are put together from parts that people typed in different ways. Where a part writes `dont` all the time and
another `don't`, the second teaches what a word without its apostrophe means in the first: a contraction, unless it is
written like that where apostrophes are kept as well (`were`, `its`), among the neighbours that it has here.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from training.data.cues import cue_of

_TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|[^\w\s]|\d+")
_FEWEST_WHOLE, _FEWEST_FOR_EACH = 5, 3
_AROUND = 20  # contractions on each side, lost or kept
_KEPT_PART = 0.2  # share of lost ones there, at most
_FEWEST_LOST, _FEWEST_KEPT = 20, 200
_FEWEST_KINDS = 3  # a single word without apostrophe may be another language's
_ODDS = 50.0


class United(NamedTuple):
    """A text whose contractions are written one way.

    Attributes:
        text: with apostrophes put back.
        counts: for each word without its apostrophe, the word with it, and how often; the most frequent first.
    """

    text: str
    counts: dict[str, tuple[str, int]]


class _Word(NamedTuple):
    """A word of the text.

    Attributes:
        end: where it ends in the text.
        word: in lower case; a mark as it is; empty for a line's end.
    """

    end: int
    word: str


@lru_cache(maxsize=1)  # the report and the text to learn ask for the same corpus, one after the other
def unite(text: str) -> United:
    """Put back the apostrophes that part of a text has lost.

    Args:
        text: mended and with straight apostrophes. One that keeps all of them, or none, stays as it is.
    """
    if text.count("'") < _FEWEST_KEPT:
        return United(text, {})
    words = list(_words(text))
    counts = Counter(word for _, word in words)
    wholes = dict(_wholes(counts))
    usual = {word for word, whole in wholes.items() if counts[whole] >= _FEWEST_FOR_EACH * counts[word]}
    kept = {wholes[word] for word in usual}
    places = [place for place, (_, word) in enumerate(words) if word in usual or word in kept]
    lost = _lost_share(words, places, usual)
    if lost is None:
        return United(text, {})
    clean = _Neighbours(words, [share <= _KEPT_PART for share in lost], wholes)
    found: list[tuple[int, str]] = []
    for place, (end, word) in enumerate(words):
        is_likely = word in wholes and lost[place] * clean.odds(words, place) >= _ODDS
        if is_likely and len(usual.intersection(_around(words, places, place))) >= _FEWEST_KINDS:
            found.append((end - len(wholes[word].partition("'")[2]), word))
    often = Counter(word for _, word in found).most_common()
    places = [place for place, _ in found]
    return United(_with_apostrophes(text, places), {word: (wholes[word], count) for word, count in often})


def with_apostrophe(word: str) -> Iterator[str]:
    """What a word, in lower case, may be with an apostrophe: `dont` is `don't`, `hell` is `he'll`."""
    for ending in ("s", "t", "d", "m", "re", "ve", "ll"):
        stem = word.removesuffix(ending)
        if word.isalpha() and stem and stem != word and (ending != "t" or stem.endswith("n")):
            yield f"{stem}'{ending}"


def _words(text: str) -> Iterator[_Word]:
    """The words and marks behind the cues, each line's end as an empty one."""
    begin = 0
    for line in text.split("\n"):
        head = line.index(":") + 1 if cue_of(line) else 0
        for match in _TOKEN.finditer(line, head):
            yield _Word(begin + match.end(), match[0].lower())
        begin += len(line) + 1
        yield _Word(begin - 1, "")


def _wholes(counts: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Words that another word of the text is with an apostrophe, and that."""
    for word in counts:
        whole = max(with_apostrophe(word), key=lambda form: counts.get(form, 0), default="")
        if whole and counts.get(whole, 0) >= _FEWEST_WHOLE:
            yield word, whole


def _around(words: Sequence[_Word], places: Sequence[int], place: int) -> Iterator[str]:
    """The contractions around a place."""
    at = bisect_left(places, place)
    return (words[near].word for near in places[max(0, at - _AROUND) : at + _AROUND + 1])


def _lost_share(words: Sequence[_Word], places: Sequence[int], lost: set[str]) -> list[float] | None:
    """For each word, the share without apostrophe among the contractions around it but itself; None if few are."""
    is_lost = [words[place].word in lost for place in places]
    if sum(is_lost) < _FEWEST_LOST or len(is_lost) - sum(is_lost) < _FEWEST_KEPT:
        return None
    sums = [0, *accumulate(is_lost)]
    shares, at, is_own = [], 0, False
    for place, (_, word) in enumerate(words):
        at += is_own
        is_own = at < len(places) and places[at] == place
        begin, end = max(0, at - _AROUND), min(len(places), at + is_own + _AROUND)
        count = sums[end] - sums[begin] - (is_own and word in lost)
        shares.append(count / max(1, end - begin - is_own))
    return shares


class _Neighbours:
    """What stands before and behind words with and without apostrophes, where apostrophes are kept."""

    def __init__(self, words: Sequence[_Word], is_clean: Sequence[bool], wholes: Mapping[str, str]) -> None:
        self._wholes = wholes
        known = {*wholes, *wholes.values()}
        self._counts: Counter[str] = Counter()
        self._before: Counter[tuple[str, str]] = Counter()
        self._behind: Counter[tuple[str, str]] = Counter()
        for place, (_, word) in enumerate(words):
            if not is_clean[place]:
                continue
            self._counts[word] += 1
            if word in known:
                self._before[word, _at(words, place - 1)] += 1
                self._behind[word, _at(words, place + 1)] += 1
        self._kinds = Counter(word for word, _ in self._behind)
        self._total = max(1, self._counts.total())

    def odds(self, words: Sequence[_Word], place: int) -> float:
        """How much likelier a word is the one with an apostrophe than the one without, by its neighbours."""
        word = words[place].word
        whole = self._wholes[word]
        before, behind = _at(words, place - 1), _at(words, place + 1)
        odds = self._counts[whole] / (self._counts[word] + 0.5)
        for counts, neighbour in ((self._before, before), (self._behind, behind)):
            odds *= self._share(counts, whole, neighbour) / self._share(counts, word, neighbour)
        return odds

    def _share(self, counts: Mapping[tuple[str, str], int], word: str, neighbour: str) -> float:
        expected = (self._counts[neighbour] + 1) / self._total
        weight = self._kinds[word] + 1  # Witten and Bell's
        return (counts.get((word, neighbour), 0) + weight * expected) / (self._counts[word] + weight)


def _at(words: Sequence[_Word], place: int) -> str:
    return words[place].word if 0 <= place < len(words) else ""


def _with_apostrophes(text: str, places: Sequence[int]) -> str:
    parts = [text[begin:end] for begin, end in zip([0, *places], [*places, len(text)], strict=True)]
    return "'".join(parts)
