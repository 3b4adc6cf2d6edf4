"""The cues of a corpus: the names that stand before a colon at the beginning of a line."""

from __future__ import annotations

import re
from collections import Counter

from coldopen.screenplay import MAX_CUE_WORDS, NOT_IN_A_CUE
from coldopen.vocabulary import detokenise, tokenise

_HEAD = re.compile(r"([^:\n\[][^:\n]*):(?=\s|$)")
_ASIDE = re.compile(r"\([^()]*\)")


def cue_counts(text: str) -> Counter[str]:
    """How often each name stands before a colon at a line's beginning, the most frequent first.

    Names are as `detokenise` writes them, in lower case and without what stands in parentheses: `jerry (to elaine):` is
    `jerry`. Lines that open a bracket name nobody. Where fewer than half of the lines have a cue, a name must come
    twice: what stands before a single colon may be part of a sentence.
    """
    lines = [line for line in text.split("\n") if line and not line.isspace()]
    counts = Counter(name for line in lines if (name := cue_of(line)))
    fewest = 1 if counts.total() * 2 >= len(lines) else 2
    return Counter({name: count for name, count in counts.most_common() if count >= fewest})


def cue_of(line: str) -> str:
    """The name before a line's first colon; empty if there is none."""
    head = _HEAD.match(line.lstrip())
    words = tokenise(_ASIDE.sub(" ", head[1])) if head else []
    if len(words) > MAX_CUE_WORDS or not NOT_IN_A_CUE.isdisjoint(words):
        return ""
    return detokenise(words).strip()


def without_cue(line: str) -> str:
    """What a line says, behind its cue if it has one."""
    return line.partition(":")[2] if cue_of(line) else line
