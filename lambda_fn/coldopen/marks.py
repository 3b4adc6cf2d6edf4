"""Punctuation put in order: a network sets marks by habit, two where one belongs, or opens what it never closes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from coldopen.lexicon import Lexicon
from coldopen.vocabulary import PUNCTUATION, PUNCTUATION_TOKENS

STOP, QUOTE = PUNCTUATION["."], PUNCTUATION['"']
OPEN, CLOSE = PUNCTUATION["("], PUNCTUATION[")"]
DASH = PUNCTUATION["-"]

_EXCLAMATION, _QUESTION = PUNCTUATION["!"], PUNCTUATION["?"]
_SEMICOLON, _COMMA = PUNCTUATION[";"], PUNCTUATION[","]
_PAUSES = frozenset((STOP, _EXCLAMATION, _QUESTION, _SEMICOLON, _COMMA))
_CONTRACTED = frozenset(("ve", "re", "ll", "s", "t", "d", "m"))


def tidy(words: Sequence[str], lexicon: Lexicon) -> list[str]:
    """The words of a line with their marks in order; the same again if they are.

    No mark of a pause stands before the first word. Doubled marks become one, two full stops or more an ellipsis. A
    question mark that stands where an apostrophe was lost (`they ? ve`) becomes it again, if the vocabulary knows the
    word. Parentheses are paired and never nested.
    """
    return _mended(_led(_single(_paired(words))), lexicon)


def balanced(words: Sequence[str]) -> list[str]:
    """The words of one stretch of speech, with no mark of a pause before the first and no quotation left open."""
    return _led(_single(_quoted(list(words))))


def _led(words: list[str]) -> list[str]:
    """The words without the marks of a pause that stand before all of them; an ellipsis may."""
    begin = 0
    while begin < len(words) and words[begin] in _PAUSES and words[begin : begin + 3] != [STOP] * 3:
        begin += 1
    return words[begin:]


def _quoted(words: list[str]) -> list[str]:
    """The words with the last quotation closed, or without its mark if it would enclose nothing."""
    if words.count(QUOTE) % 2 == 0:
        return words
    last = len(words) - 1 - words[::-1].index(QUOTE)
    if all(word in PUNCTUATION_TOKENS for word in words[last:]):
        return words[:last] + words[last + 1 :]
    return [*words, QUOTE]


def _mended(words: Sequence[str], lexicon: Lexicon) -> list[str]:
    mended: list[str] = []
    for index, word in enumerate(words):
        if mended[-1:] == [_QUESTION] and len(mended) > 1 and word in _CONTRACTED and lexicon.vocabulary:
            whole = f"{mended[-2]}'{word}"
            if whole in lexicon.vocabulary and words[index - 2] == mended[-2]:
                mended[-2:] = [whole]
                continue
        mended.append(word)
    return mended


def _single(words: Sequence[str]) -> list[str]:
    single: list[str] = []
    for is_pause, group in groupby(words, key=_PAUSES.__contains__):
        run = list(group)
        single += _one_pause(run) if is_pause else run
    return single


def _one_pause(run: list[str]) -> list[str]:
    """What a run of marks comes to."""
    asks_and_cries = [mark for mark in (_QUESTION, _EXCLAMATION) if mark in run]
    if run[:2] == [STOP, STOP]:
        return [STOP, STOP, STOP, *asks_and_cries]
    if asks_and_cries:
        return asks_and_cries
    if run.count(STOP) > 1:
        return [STOP] * 3
    return [next(mark for mark in (STOP, _SEMICOLON, _COMMA) if mark in run)]


def _paired(words: Sequence[str]) -> list[str]:
    paired: list[str] = []
    is_open = False
    for word in words:
        if word == CLOSE and paired[-1:] == [OPEN]:
            paired.pop()  # nothing stands between
            is_open = False
        elif word not in (OPEN, CLOSE) or is_open == (word == CLOSE):
            is_open = word == OPEN or (is_open and word != CLOSE)
            paired.append(word)
    if paired[-1:] == [OPEN]:
        return paired[:-1]
    return [*paired, CLOSE] if is_open else paired
