"""Texts in step: many texts of different primes, each written a word further at each step of the network.

One text by itself leaves the processor waiting for the weights: they go through its cache once a word. In step, they go
through it once for all texts. A text that has ended makes room for the next one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from coldopen.draft import Draft, Written
from coldopen.engine import DecoderState, Engine
from coldopen.lexicon import Lexicon
from coldopen.linear import quickly
from coldopen.sampling import Sampling
from coldopen.steering import Steering

NUM_IN_STEP = 32
"""How many texts are written side by side: more gain nothing (`python -m bench.batch`)."""


class Text(NamedTuple):
    """A text that is wanted; see `coldopen.writer.Writer.write`.

    Attributes:
        prime_words: at least one, all in the vocabulary.
        length: words to write.
        sampling: how.
        seed: of its random numbers.
        steering: where it may end, and what may stand in it.
    """

    prime_words: list[str]
    length: int
    sampling: Sampling
    seed: int
    steering: Steering


class _Running:
    """A text under way: its prime is read first, then its words are drawn."""

    def __init__(self, number: int, text: Text, lexicon: Lexicon) -> None:
        assert lexicon.vocabulary is not None
        ids = lexicon.vocabulary.ids(text.prime_words)
        self.number, self.sampling = number, text.sampling
        self.draft = Draft(ids, text.length, text.steering, lexicon, text.seed)
        self._unread = iter(ids[:-1])
        self.draws = False  # whether all its words so far are read

    def next_id(self) -> int:
        """The word to read: the prime's next one, or the latest that was drawn."""
        for id in self._unread:
            return id
        self.draws = True
        return self.draft.latest


def write_in_step(
    engine: Engine,
    lexicon: Lexicon,
    texts: Sequence[Text],
    shares: Sequence[float],
    deadline: float = math.inf,
    most: int = NUM_IN_STEP,
) -> list[Written]:
    """Write texts, up to `most` of them side by side: those first whose memory has one share, then those of the next.

    Args:
        shares: of each text's memory; see `coldopen.engine.DecoderState`.
        deadline: on `time.monotonic()`'s clock, in seconds; what is not done by then ends as it is.

    Returns:
        What was written, in the order of the texts. Each text's words are those that it gets when it is written alone.
    """
    written: dict[int, Written] = {}
    for share in dict.fromkeys(shares):
        alike = [(number, text) for number, text in enumerate(texts) if shares[number] == share]
        waiting = (_Running(number, text, lexicon) for number, text in alike)
        written |= _written(waiting, DecoderState(engine, 0, share), deadline, most)
    return [written[number] for number in range(len(texts))]


@quickly()
def _written(waiting: Iterator[_Running], state: DecoderState, deadline: float, most: int) -> dict[int, Written]:
    """What was written, by the texts' numbers."""
    running, state = _filled([], state, waiting, most)
    written: dict[int, Written] = {}
    while running:
        if time.monotonic() >= deadline:
            for text in (*running, *waiting):
                text.draft.give_up("deadline")
                written[text.number] = text.draft.written()
            break
        _step(running, state, deadline)
        done = [text for text in running if text.draft.is_done]
        if done:
            written |= {text.number: text.draft.written() for text in done}
            running, state = _filled(running, state, waiting, most)
    return written


def _filled(
    running: list[_Running], state: DecoderState, waiting: Iterator[_Running], most: int
) -> tuple[list[_Running], DecoderState]:
    """The texts that are not done, and as many new ones as there is room for; and their state."""
    left = [place for place, text in enumerate(running) if not text.draft.is_done]
    new = list(islice(waiting, most - len(left)))
    return [*(running[place] for place in left), *new], state.going_on(left, len(new))


def _step(running: list[_Running], state: DecoderState, deadline: float) -> None:
    """Read each text's next word, and draw one for those whose prime is read."""
    state.step(*[text.next_id() for text in running])
    tops = {count: state.top(count) for count in {text.sampling.top_k for text in running if text.draws}}
    for place, text in enumerate(running):
        if not text.draws:
            continue
        if time.monotonic() >= deadline:  # under strict rules a word may take a tenth of a second
            text.draft.give_up("deadline")
        else:
            text.draft.add_next(tops[text.sampling.top_k][place], state, place, text.sampling)
