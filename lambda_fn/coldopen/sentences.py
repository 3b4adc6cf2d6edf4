"""Words to sentences as a person writes them: capitals, dashes and contractions where they belong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from coldopen.lexicon import Lexicon
from coldopen.marks import CLOSE, DASH, OPEN, STOP
from coldopen.vocabulary import PUNCTUATION, PUNCTUATION_TOKENS, RETURN, detokenise, is_speaker

TITLES = frozenset(("mr", "mrs", "ms", "dr", "st", "jr", "sr", "lt"))
"""Words that a full stop follows without ending a sentence."""

ENDS = frozenset(PUNCTUATION[mark] for mark in ".?!")
"""The marks that end a sentence."""


def sentences(words: Sequence[str], lexicon: Lexicon, capital: bool = True) -> str:
    """Words, without line breaks, as text.

    Args:
        words: with their marks in order.
        lexicon: how its words are written.
        capital: whether the first word begins a sentence.
    """
    written = list(_written(words, lexicon, capital))
    return _with_brackets(detokenise(_with_dashes(written, words, lexicon)).strip())


def ends_sentence(words: Sequence[str]) -> bool:
    """Whether the last word is a mark that ends a sentence of at least a word, and not one of a title or an initial."""
    if len(words) < 2 or words[-1] not in ENDS:
        return False
    before = words[-2]
    if before in (OPEN, CLOSE, RETURN) or is_speaker(before):
        return False
    return words[-1] != STOP or not (before in TITLES or (len(before) == 1 and before.isalpha() and before != "i"))


def _written(words: Sequence[str], lexicon: Lexicon, capital: bool) -> Iterator[str]:
    """Each word as it is written in its place."""
    begins = capital
    for index, word in enumerate(words):
        if word in PUNCTUATION_TOKENS:
            yield word
            if word in ENDS:
                is_ellipsis = words[max(0, index - 2) : index + 1] == [STOP] * 3
                begins = not is_ellipsis and (word != STOP or not _is_short(words, index))
            continue
        written = _cased(words, index, lexicon)
        yield _capitalised(written) if begins else written
        begins = False


def _is_short(words: Sequence[str], index: int) -> bool:
    """Whether the full stop there belongs to a title or ends initials, as in `u.s. government`."""
    before = words[index - 1] if index else ""
    return before in TITLES or (index > 2 and len(before) == len(words[index - 3]) == 1 and words[index - 2] == STOP)


def _cased(words: Sequence[str], index: int, lexicon: Lexicon) -> str:
    """A word as it is written inside a sentence."""
    word, before, after = words[index], words[index - 1] if index else "", words[index + 1 : index + 2]
    if after == [STOP] and len(word) == 1:
        return word.upper()  # an initial
    if word == "i" or word.startswith("i'"):
        return f"I{word[1:]}"
    with_next, with_last = f"{word} {''.join(after)}", f"{before} {word}"
    if with_next in lexicon.casing:
        return lexicon.casing[with_next].partition(" ")[0]
    if with_last in lexicon.casing:
        return lexicon.casing[with_last].partition(" ")[2]
    bare = word.strip("[]:")
    return word.replace(bare, lexicon.written(bare)) if bare else word


def _capitalised(word: str) -> str:
    """The word with a capital, if it begins with a letter but for marks: `'cause` does, `8th` does not."""
    for index, character in enumerate(word):
        if character.isalnum():
            return word[:index] + character.upper() + word[index + 1 :]
    return word


def _with_dashes(written: list[str], words: Sequence[str], lexicon: Lexicon) -> Iterator[str]:
    """The written words, with a dash that parts words as a word of its own, so that it has spaces around it."""
    for index, word in enumerate(words):
        if word != DASH:
            yield written[index]
        elif DASH in words[index + 1 : index + 2]:
            continue  # told by the last one
        elif index and words[index - 1] == DASH:
            yield "--"
        else:
            before, after = words[index - 1] if index else "", "".join(words[index + 1 : index + 2])
            yield DASH if _joins(before, after, lexicon) else "-"


def _with_brackets(text: str) -> str:
    """The text with its last bracket closed, and without one that closes nothing."""
    kept: list[str] = []
    is_open = False
    for character in text:
        if character == "[" or (character == "]" and is_open):
            is_open = character == "["
        elif character == "]":
            continue
        kept.append(character)
    return "".join(kept).strip() + ("]" if is_open else "")


def _joins(before: str, after: str, lexicon: Lexicon) -> bool:
    """Whether a single dash between two words is a hyphen."""
    if not lexicon.compounds or not before or not after or {before, after} & PUNCTUATION_TOKENS:
        return True
    before, after = lexicon.written(before).lower(), lexicon.written(after).lower()
    is_stutter = after.startswith(before) or (before.isdigit() and after.isdigit())
    return is_stutter or f"{before}-{after}" in lexicon.compounds
