"""Scripts written without spaces between words: each character as a word."""

from __future__ import annotations

import re

_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_CHARACTER = re.compile(  # with the vowels and tones above, below and around it
    rf"[{_UNSPACED}][\u0300-\u036f\u0e31\u0e33-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd\u102b-\u103e\u17b4-\u17d3\u3099\u309a]*"
    r"|[\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]"
)
_CUE = re.compile(r"[^:\n]{1,40}:(?=\s)")
_MARKS = str.maketrans("。\uff0e\uff0c、\uff01\uff1f\uff1b\uff08\uff09", "..,,!?;()")


def unspaced_share(text: str) -> float:
    """The share of a text's letters that are in scripts which put no spaces between words."""
    if text.isascii():
        return 0.0
    unspaced = len(re.findall(f"[{_UNSPACED}]", text))
    return unspaced / max(1, sum(character.isalpha() for character in text))


def by_characters(text: str) -> str:
    """The text with spaces around each such character, but for those of speakers' names."""
    return "\n".join(map(_line, text.split("\n")))


def _line(line: str) -> str:
    cue = _CUE.match(line)
    head, said = (cue[0], line[cue.end() :]) if cue else ("", line)
    spaced = _CHARACTER.sub(lambda character: f" {character[0]} ", said.translate(_MARKS))
    return f"{head} {' '.join(spaced.split())}" if cue else " ".join(spaced.split())
