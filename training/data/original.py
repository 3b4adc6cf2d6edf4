"""How many characters of the scripts, as they stand, each part of a corpus has: mending words does not change that."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from coldopen.vocabulary import tokenise
from training.data.ids import PARTS, part_ends


def characters_of_parts(original: str, learnt: str) -> dict[str, int]:
    """The characters of the original text in each part, by the part's name.

    Args:
        original: the corpus's text.
        learnt: made of it by `text_to_learn`, line by line. Where a part ends inside a line, the line is shared out by
            its words.
    """
    lines = original.split("\n")
    words = [0, *accumulate(len(tokenise(line)) + 1 for line in learnt.split("\n"))]  # each line's end is a word
    characters = [0, *accumulate(len(line) + 1 for line in lines)]
    if len(words) != len(characters):
        raise ValueError(f"the texts have {len(characters) - 1:,} and {len(words) - 1:,} lines")
    places = [_place(words, characters, end) for end in (0, *part_ends(words[-1] - 1))]
    return {name: after - before for name, before, after in zip(PARTS, places, places[1:], strict=False)}


def _place(words: list[int], characters: list[int], end: int) -> int:
    """How many characters stand before a word."""
    line = min(bisect_right(words, end), len(words) - 1) - 1
    share = (end - words[line]) / (words[line + 1] - words[line])
    return characters[line] + round(share * (characters[line + 1] - characters[line]))
