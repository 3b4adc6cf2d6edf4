"""A vocabulary as it was found: its words in the order of their ids."""

from __future__ import annotations

from typing import NamedTuple

from coldopen.errors import shown

_MAX_FIRST_ID = 2  # ids 0 and 1 may be kept for the fill-ins


class FoundWords(NamedTuple):
    """A vocabulary as it was found.

    Attributes:
        words: in the order of their ids.
        first_id: the first word's id: 0, or 1 or 2 where ids were kept for fill-ins.
        has_ids: whether the file says the ids, rather than the order alone.
        notes: how it was read.
    """

    words: list[str]
    first_id: int = 0
    has_ids: bool = True
    notes: tuple[str, ...] = ()


def words_by_id(pairs: list[tuple[str, int]]) -> FoundWords:
    """The words of pairs of word and id, in the order of their ids.

    Raises:
        ValueError: if ids are missing, come twice or begin too high.
    """
    words = {id: word for word, id in pairs}
    if len(words) < len(pairs):
        word, id = next((word, id) for word, id in pairs if words[id] != word)
        raise ValueError(f"{shown(word)} and {shown(words[id])} have the same id, {id}: are these counts?")
    first = min(words)
    if not 0 <= first <= _MAX_FIRST_ID:
        raise ValueError(f"its ids begin at {first}, not at 0 or 1")
    for id in range(first, first + len(words)):
        if id not in words:
            raise ValueError(
                f"no word has the id {id}, but one has {max(words)}: its ids are not {first} to n, each once"
            )
    return FoundWords([words[id] for id in sorted(words)], first)
