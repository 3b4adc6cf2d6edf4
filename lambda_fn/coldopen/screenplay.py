"""Words to a script that a person reads.

Three forms: `script` (speakers in capitals on lines of their own, parentheticals too, sentences capitalised),
`fountain` (the same as Fountain markup, https://fountain.io/syntax, for screenwriting programs), and `plain` (the
model's own text).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from coldopen.lexicon import Lexicon
from coldopen.marks import CLOSE, DASH, OPEN, QUOTE, STOP, balanced, tidy
from coldopen.sentences import ENDS, TITLES, sentences
from coldopen.vocabulary import PUNCTUATION_TOKENS, RETURN, detokenise, is_speaker

Format = Literal["script", "plain", "fountain"]
FORMATS: tuple[Format, ...] = ("script", "plain", "fountain")

MAX_CUE_WORDS = 8
"""How many words a cue has at most, but for what its parentheses hold."""

NOT_IN_A_CUE = PUNCTUATION_TOKENS - {STOP, DASH, QUOTE}
"""The marks that show that words are no cue."""

_MAX_CUE_TOKENS = 40  # with what its parentheses hold
_BEFORE_A_CUE = ENDS | {CLOSE, QUOTE}

_FOUNTAIN_FORCES = tuple("@.!>~#=")
_HEADINGS = tuple(f"{place}{mark}" for place in ("int", "ext", "est", "i/e") for mark in ". /")


class Block(NamedTuple):  # made in a sixth of a dataclass's time, and a cold start waits for it
    """A speech, or a line of action where `speaker` is empty.

    Attributes:
        speaker: in capitals.
        lines: what is said, and parentheticals, each by itself.
    """

    speaker: str
    lines: tuple[str, ...]


def render(words: Sequence[str], form: Format, lexicon: Lexicon | None = None) -> str:
    """Render words as a script in the given form; no token's name is ever part of it.

    Args:
        words: as the vocabulary has them.
        form: `script` or `fountain`, which leave out a speaker who says nothing, and a speaker's name that the script
            breaks off at; or `plain`, which is exact: `tokenise` gives its words back.
        lexicon: who speaks, and how words are written; without one a single word before a colon speaks.
    """
    if form == "plain":
        return detokenise(words).strip("\n")
    write = _fountain if form == "fountain" else _script
    lexicon = lexicon or Lexicon()
    found = blocks(words, lexicon)
    whole = found[:-1] if found and _is_name(found[-1], lexicon) else found
    spoken = [block for block in whole if block.lines]
    script = "\n\n".join(write(block) for block in spoken or found)
    # a key and a colon in the first line begin a title page; an empty line before them makes them text
    is_title_page = form == "fountain" and ":" in script.partition("\n")[0]
    return f"\n!{script.removeprefix('!')}" if is_title_page else script


def blocks(words: Sequence[str], lexicon: Lexicon | None = None) -> list[Block]:
    """Cut words into speeches and actions: at line breaks, and where a cue follows a sentence's end."""
    lexicon = lexicon or Lexicon()
    return [block for line in lines(words, lexicon) if (block := _block(line, lexicon)).speaker or block.lines]


def lines(words: Sequence[str], lexicon: Lexicon) -> Iterator[list[str]]:
    """The lines that blocks are made of; empty ones too. A cue by itself belongs to the line right below it."""
    line: list[str] = []
    for index, word in enumerate(words):
        if word == RETURN:
            if line and cue_length(line, lexicon) == len(line) and _is_speech(words[index + 1 :], lexicon):
                continue
            yield line
            line = []
        elif begins_speech(line, word, lexicon):
            yield line
            line = [word]
        else:
            line.append(word)
    yield line


def _is_name(block: Block, lexicon: Lexicon) -> bool:
    """Whether a line is nothing but a speaker's name: who reads it takes it for a cue."""
    name = " ".join(block.lines).lower()
    return not block.speaker and (name in lexicon.cues or lexicon.is_name(name))


def _is_speech(words: Sequence[str], lexicon: Lexicon) -> bool:
    """Whether words begin with a line that is not empty and names no speaker."""
    return bool(words) and words[0] != RETURN and not cue_length(words[:_MAX_CUE_TOKENS], lexicon)


def cue_length(line: Sequence[str], lexicon: Lexicon) -> int:
    """How many words of a line, its first ones, name who speaks; 0 where nobody does.

    A parenthetical may stand in a cue: `jerry (to george):`.
    """
    name: list[str] = []
    is_aside = False
    if not line or line[0] == OPEN or line[0].startswith("["):  # a direction, or a scene
        return 0
    for count, word in enumerate(line[:_MAX_CUE_TOKENS], start=1):
        if word in (OPEN, CLOSE):
            if word == CLOSE and not is_aside:
                return 0  # a direction ends
            is_aside = word == OPEN
        elif not is_aside:
            name.append(word)
            if word.endswith(":"):
                return count if lexicon.is_cue(detokenise(name).removesuffix(":").strip()) else 0
            if word in NOT_IN_A_CUE or len(name) == MAX_CUE_WORDS:
                break
    return 0


def begins_speech(line: Sequence[str], word: str, lexicon: Lexicon) -> bool:
    """Whether a word begins a speech though no line break stands before it: a cue behind a sentence's end."""
    name = word.removesuffix(":")
    if not is_speaker(word) or not line or line[-1] not in _BEFORE_A_CUE or not name.isalpha():
        return False
    if line[-1] == STOP and line[-2:-1] and line[-2] in TITLES:
        return False
    return lexicon.speaks(name)


def _block(line: list[str], lexicon: Lexicon) -> Block:
    line = tidy(line, lexicon)
    count = cue_length(line, lexicon)
    if not count:
        return Block("", tuple(filter(None, [_said(line, lexicon)])))
    speaker = detokenise(line[:count]).removesuffix(":").strip().upper()
    pieces = list(_pieces(line[count:]))
    has_words = any(_has_words(piece) for piece in pieces if piece[:1] != [OPEN])
    texts = [
        _aside(piece, lexicon) if piece[:1] == [OPEN] else _said(piece, lexicon)
        for piece in pieces
        if _has_words(piece) or not has_words
    ]
    return Block(speaker, tuple(filter(None, texts)))


def _pieces(words: list[str]) -> Iterator[list[str]]:
    """A speech's parentheticals and what stands between them."""
    begin = 0
    for index, word in enumerate(words):
        if word == OPEN:
            yield words[begin:index]
            begin = index
        elif word == CLOSE:
            yield words[begin : index + 1]
            begin = index + 1
    yield words[begin:]


def _has_words(piece: list[str]) -> bool:
    return any(word not in PUNCTUATION_TOKENS for word in piece)


def _said(words: list[str], lexicon: Lexicon) -> str:
    """What is said, or seen. Without a word only an ellipsis says anything."""
    words = balanced(words)
    return sentences(words, lexicon) if _has_words(words) or words[:3] == [STOP] * 3 else ""


def _aside(piece: list[str], lexicon: Lexicon) -> str:
    """A parenthetical; it begins with a capital only where it is a sentence."""
    inside = balanced(piece[1:-1])
    text = sentences(inside, lexicon, capital=bool(inside) and inside[-1] in ENDS)
    return f"({text})" if text else ""


def _script(block: Block) -> str:
    return "\n".join(part for part in (block.speaker, *block.lines) if part)


def is_heading(line: str) -> bool:
    """Whether a line begins as a scene's heading does: `INT. KITCHEN`."""
    return line.lower().startswith(_HEADINGS)


def _fountain(block: Block) -> str:
    texts = [re.sub(r"([*_\\])", r"\\\1", line).replace("[[", "[ [") for line in block.lines]
    if not block.speaker:
        text = " ".join(texts)
        is_forced = text.startswith(_FOUNTAIN_FORCES) or text == text.upper() or is_heading(text)
        return f"!{text}" if is_forced else text
    is_plain = block.speaker[0].isalpha() and not is_heading(block.speaker)
    return "\n".join([block.speaker if is_plain else f"@{block.speaker}", *texts])
