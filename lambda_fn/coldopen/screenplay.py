"""Words to a script that a person reads.

Three forms: `script` (speakers in capitals on lines of their own, sentences capitalised), `fountain` (the same
as Fountain markup, https://fountain.io/syntax, for screenwriting programs), and `plain` (the model's own text).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from coldopen.vocabulary import PUNCTUATION, PUNCTUATION_TOKENS, RETURN, detokenise, is_speaker

Format = Literal["script", "plain", "fountain"]
FORMATS: tuple[Format, ...] = ("script", "plain", "fountain")

_MAX_CUE_WORDS = 8
_IN_A_CUE = frozenset(PUNCTUATION[mark] for mark in '.-()"')
_BEFORE_A_CUE = frozenset(PUNCTUATION[mark] for mark in '.?!)"')
_TITLES = (["mr"], ["mrs"], ["ms"], ["dr"], ["st"])

_SENTENCE_START = re.compile(r"""(^(?:\([^()]*\)\s*)?["']*|(?<!\.\.)[.?!]["')]*\s+["']*)([^\W\d_])""")
_FIRST_PERSON = re.compile(r"\bi\b(?=$|[^\w-])")
_PARENTHETICAL = re.compile(r"(\([^()]*\))\s*(.*)", re.DOTALL)
_FOUNTAIN_FORCES = tuple("@.!>~#=")


@dataclass(frozen=True, slots=True)
class Block:
    """A speech, or a line of action where `speaker` is empty."""

    speaker: str
    text: str


def render(words: Sequence[str], form: Format) -> str:
    """Render words as a script in the given form; no token's name is ever part of it."""
    if form == "plain":
        return detokenise(words).strip("\n")
    write = _fountain if form == "fountain" else _script
    return "\n\n".join(write(block) for block in blocks(words))


def blocks(words: Sequence[str]) -> list[Block]:
    """Cut words into speeches and actions: at line breaks, and where a cue follows a sentence's end."""
    return [block for line in _lines(words) if (block := _block(line)).speaker or block.text]


def _lines(words: Sequence[str]) -> Iterator[list[str]]:
    line: list[str] = []
    for word in words:
        if word == RETURN or (_ends_a_sentence(line) and is_speaker(word) and word[:-1].isalpha()):
            yield line
            line = []
        if word != RETURN:
            line.append(word)
    yield line


def _ends_a_sentence(line: list[str]) -> bool:
    return bool(line) and line[-1] in _BEFORE_A_CUE and line[-2:-1] not in _TITLES


def _block(line: list[str]) -> Block:
    for count, word in enumerate(line[:_MAX_CUE_WORDS], start=1):
        if word.endswith(":") and count + len(word) > 2:
            return Block(detokenise(line[:count]).removesuffix(":").strip().upper(), _cased(detokenise(line[count:])))
        if word in PUNCTUATION_TOKENS - _IN_A_CUE:
            break
    return Block("", _cased(detokenise(line)))


def _cased(text: str) -> str:
    text = _SENTENCE_START.sub(lambda match: match[1] + match[2].upper(), text.strip())
    return _FIRST_PERSON.sub("I", text)


def _script(block: Block) -> str:
    return "\n".join(part for part in (block.speaker, block.text) if part)


def _fountain(block: Block) -> str:
    text = re.sub(r"([*_\\])", r"\\\1", block.text)
    if not block.speaker:
        return f"!{text}" if text.startswith(_FOUNTAIN_FORCES) or text == text.upper() else text
    speaker = block.speaker if block.speaker[0].isalpha() else f"@{block.speaker}"
    aside = _PARENTHETICAL.fullmatch(text)
    lines = [aside[1], aside[2]] if aside else [text]
    return "\n".join([speaker, *(line for line in lines if line)])
