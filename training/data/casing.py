"""How a cased corpus writes its words inside sentences."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise

from coldopen.sentences import TITLES
from coldopen.vocabulary import PUNCTUATION, PUNCTUATION_TOKENS
from training.data.cues import without_cue

_SPACED_TOKENS = {ord(mark): f" {token} " for mark, token in PUNCTUATION.items()}
_SAYS_NOTHING = frozenset(PUNCTUATION[mark] for mark in '.?!"(-')
"""Behind these a capital may be the sentence's, the quotation's or the compound's."""
_LEAST_CAPITALS, _MOST_CAPITALS = 0.005, 0.5
_FEWEST_PAIRS = 3


def written_lines(text: str) -> Iterator[list[str]]:
    """The words of each line behind its cue, as they were written, with punctuation tokens between them."""
    for line in text.split("\n"):
        if words := without_cue(line).translate(_SPACED_TOKENS).split():
            yield words


def is_cased(text: str) -> bool:
    """Whether a text has a casing: 0.5 to 50 % of the words inside its sentences have capitals.

    English prose has some 5 %. A text in lower case, or in capitals, says nothing of any word.
    """
    words = [word for run in _runs(text) for word in run if not _is_first_person(word)]
    capitals = sum(word != word.lower() for word in words)
    return _LEAST_CAPITALS * len(words) < capitals < _MOST_CAPITALS * len(words)


def learn_casing(text: str) -> dict[str, str]:
    """For words and pairs of words that are not usually in lower case inside a sentence, how they are written there.

    A pair is there if both of its words have a capital together, or neither has, and each for itself is written
    otherwise: `New York`, but `new`; `thank god`, but `God`.
    """
    singles: defaultdict[str, Counter[str]] = defaultdict(Counter)
    pairs: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for run in _runs(text):
        for word in run:
            singles[word.lower()][word] += 1
        for pair in pairwise(run):
            pairs[" ".join(pair).lower()][" ".join(pair)] += 1
    usual = {word: _usual(counts) for word, counts in singles.items()}
    casing = {
        word: written for word, written in usual.items() if _has_capital(written) and not _is_first_person(written)
    }
    for both, counts in pairs.items():
        first, second = both.split(" ")
        written = _usual(counts)
        are_alike = written == both or all(map(_has_capital, written.split(" ")))
        if counts[written] >= _FEWEST_PAIRS and are_alike and written != f"{usual[first]} {usual[second]}":
            casing[both] = written
    return casing


def _has_capital(word: str) -> bool:
    """Whether a word begins with a capital, or with a digit and has one: `4D`; not `and/Or`, where two words meet."""
    is_whole = all(character.isalnum() or character == "'" for character in word)
    return is_whole and (word[0].isupper() or (word[0].isdigit() and word != word.lower()))


def _usual(counts: Mapping[str, int]) -> str:
    """The commonest way; lower case unless another is more frequent than all others together."""
    best = max(counts, key=counts.__getitem__)
    return best if 2 * counts[best] > sum(counts.values()) else best.lower()


def _runs(text: str) -> Iterator[list[str]]:
    """Runs of words inside sentences, where a capital is the word's own.

    Words that begin with another character than a letter or digit, and neighbours in capitals alone (`GET OUT`), are
    left out. The full stop of `Mr.` ends no sentence.
    """
    for words in written_lines(text):
        run: list[str] = []
        before, last = "", PUNCTUATION["."]
        for word in words:
            is_title = last == PUNCTUATION["."] and before.lower() in TITLES
            is_own = (is_title or last not in _SAYS_NOTHING) and last[-1] not in ":[" and word[0].isalnum()
            if is_own and word not in PUNCTUATION_TOKENS:
                run.append(word)
            elif run:
                yield from _quiet(run)
                run = []
            before, last = last, word
        yield from _quiet(run)


def _quiet(run: list[str]) -> Iterator[list[str]]:
    """The parts of a run that are not shouted."""
    part: list[str] = []
    loud = [len(word) > 1 and word.isalpha() and word.isupper() for word in run]
    for index, word in enumerate(run):
        if loud[index] and (any(loud[index - 1 : index]) or any(loud[index + 1 : index + 2])):
            if part:
                yield part
            part = []
        else:
            part.append(word)
    if part:
        yield part


def _is_first_person(word: str) -> bool:
    return word == "I" or word.startswith("I'")
