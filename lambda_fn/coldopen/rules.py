"""Rules for the next word: who may speak, and which sequences of words may not come."""

from __future__ import annotations

from collections.abc import Sequence

from coldopen.lexicon import Lexicon
from coldopen.steering import Steering
from coldopen.vocabulary import RETURN, Vocabulary


class Rules:
    """Follows one script and tells which words may come next.

    Args:
        prime_ids: what the script begins with.
        steering: its cast, no_repeat and no_copy.
        lexicon: the model's words, and how many line breaks end a line.
    """

    def __init__(self, prime_ids: Sequence[int], steering: Steering, lexicon: Lexicon) -> None:
        assert lexicon.vocabulary is not None
        self._ids: list[int] = []
        self._return = lexicon.vocabulary.id(RETURN) if RETURN in lexicon.vocabulary else None
        self._line_breaks = lexicon.line_breaks
        self._repeats = _Repeats(steering.no_repeat) if steering.no_repeat else None
        self._copying = _Copying(steering) if steering.no_copy else None
        self._cast = _Cast(steering.cast, lexicon.vocabulary, lexicon.line_breaks) if steering.cast else None
        for id in prime_ids:
            self.add(id)

    def allowed(self) -> list[int] | None:
        """The words that may come next, if they are few; None if any may that is not forbidden."""
        return self._cast.allowed() if self._cast else None

    def forbids(self, id: int) -> bool:
        """Whether a word may not come next.

        A line break may not if the one that belongs to it could not follow, nor if nobody of the cast could.
        """
        if self._cast and self._cast.forbids(id):
            return True
        if id != self._return:
            return self._forbids_run([id])
        is_first = self._line_breaks > 1 and self._ids[-1:] != [id]
        ids = [id, id] if is_first else [id]
        if self._cast:
            return all(self._forbids_run([*ids, cue]) for cue in self._cast.cues)
        return self._forbids_run(ids)

    def _forbids_run(self, ids: Sequence[int]) -> bool:
        """Whether one of these words may not come, one after the other."""
        return bool(
            (self._repeats and self._repeats.forbids(self._ids, ids))
            or (self._copying and self._copying.forbids(self._ids, ids))
        )

    def add(self, id: int) -> None:
        """Take the next word."""
        if self._repeats:
            self._repeats.add(self._ids, id)
        if self._copying:
            self._copying.add(self._ids, id)
        if self._cast:
            self._cast.add(id)
        self._ids.append(id)


class _Repeats:
    """Which sequences of `size` words a script holds."""

    def __init__(self, size: int) -> None:
        self._before = size - 1
        self._next: dict[tuple[int, ...], set[int]] = {}  # what came behind each sequence of one word less

    def forbids(self, written: Sequence[int], ids: Sequence[int]) -> bool:
        latest = [*written[-self._before :], *ids]
        return any(
            latest[end] in self._next.get(tuple(latest[max(0, end - self._before) : end]), ())
            for end in range(len(latest) - len(ids), len(latest))
        )

    def add(self, written: Sequence[int], id: int) -> None:
        if len(written) >= self._before:
            self._next.setdefault(tuple(written[-self._before :]), set()).add(id)


class _Copying:
    """How long a sequence at the script's end stands in the training text.

    The filter knows sequences of one length. A longer one can only stand there if all of that length in it do.
    """

    def __init__(self, steering: Steering) -> None:
        assert steering.copies is not None
        self._copies = steering.copies
        self._most = steering.no_copy - self._copies.size  # so many of the filter's sequences in a row may come
        self._in_a_row = 0

    def forbids(self, written: Sequence[int], ids: Sequence[int]) -> bool:
        latest, in_a_row = list(written[1 - self._copies.size :]), self._in_a_row
        for id in ids:
            in_a_row = self._counted(latest, id, in_a_row)
            if in_a_row > self._most:
                return True
            latest.append(id)
        return False

    def add(self, written: Sequence[int], id: int) -> None:
        self._in_a_row = self._counted(written[1 - self._copies.size :], id, self._in_a_row)

    def _counted(self, latest: Sequence[int], id: int, in_a_row: int) -> int:
        """How many of the filter's sequences end in a row with the word."""
        run = [*latest[1 - self._copies.size :], id]
        return in_a_row + 1 if len(run) == self._copies.size and self._copies.holds(run) else 0


class _Cast:
    """Who may speak: a line begins with a cue of the cast, and no other cue stands anywhere.

    Args:
        cast: the cues, each as one word or several.
        vocabulary: the model's.
        line_breaks: how many end a line.

    Attributes:
        cues: the words that a cue of the cast begins with.
    """

    def __init__(self, cast: Sequence[Sequence[str]], vocabulary: Vocabulary, line_breaks: int) -> None:
        self._cues = [tuple(vocabulary.ids(cue)) for cue in cast]
        self.cues = {cue[0] for cue in self._cues}
        self._depth = max(map(len, self._cues))
        self._others = vocabulary.speakers - {cue[0] for cue in self._cues if len(cue) == 1}
        self._return = vocabulary.id(RETURN) if RETURN in vocabulary else None
        self._line_breaks = line_breaks
        self._line: tuple[int, ...] = ()  # its first words, one more than the longest cue has
        self._num_breaks = 0

    def allowed(self) -> list[int] | None:
        if not self._line and self._num_breaks == 0:
            return None  # nothing has been written
        depth = len(self._line)
        following = {cue[depth] for cue in self._cues if cue[:depth] == self._line and len(cue) > depth}
        if self._line in self._cues or not following:
            return None
        if not self._line and self._num_breaks < self._line_breaks and self._return is not None:
            following.add(self._return)
        return sorted(following)

    def forbids(self, id: int) -> bool:
        return id in self._others and self.allowed() is None

    def add(self, id: int) -> None:
        if id == self._return:
            self._line, self._num_breaks = (), self._num_breaks + 1
        elif len(self._line) <= self._depth:
            self._line, self._num_breaks = (*self._line, id), 0
