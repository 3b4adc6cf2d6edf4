"""A draft: one script while it is written, its words, where it ends and what may come next."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch

from coldopen.ending import Ending, FinishReason
from coldopen.engine import DecoderState
from coldopen.lexicon import Lexicon
from coldopen.output_layer import Top
from coldopen.rules import Rules
from coldopen.sampling import Sampling, sample
from coldopen.steering import Steering
from coldopen.vocabulary import is_speaker

_Candidate = tuple[float, int]
"""A word's logit and its id."""


class Written(NamedTuple):  # made in a sixth of a dataclass's time, and a cold start waits for it
    """What was written.

    Attributes:
        words: prime words first, then the new ones.
        length: how many are new.
        finish_reason: `length` if as many as were asked for are there; `sentence` or `line` if the script ends with
            one, as was asked, and `line` too if there are as many lines as were asked for; `stop` if a word came that
            stops it, or no word was left that may come; `deadline` if time ran out.
    """

    words: list[str]
    length: int
    finish_reason: FinishReason


class Draft:
    """One script while it is written.

    Args:
        prime_ids: what it begins with.
        length: how many words were asked for.
        steering: where it may end, and what may stand in it.
        lexicon: the model's words, and who speaks.
        seed: of its random numbers.

    Attributes:
        latest: the id of the latest word.
        uniform: gives its next random number, in [0, 1).
    """

    def __init__(self, prime_ids: Sequence[int], length: int, steering: Steering, lexicon: Lexicon, seed: int) -> None:
        assert lexicon.vocabulary is not None
        self._lexicon, self._words = lexicon, lexicon.vocabulary.words
        self._num_prime = len(prime_ids)
        self._ending = Ending([self._words[id] for id in prime_ids], length, steering, lexicon)
        self._rules = Rules(prime_ids, steering, lexicon) if steering.has_rules else None
        self.uniform = random.Random(seed).random
        self.latest = prime_ids[-1]

    @property
    def is_done(self) -> bool:
        """Whether no word is wanted any more."""
        return self._ending.reason is not None

    @property
    def num_missing(self) -> int:
        """How many words are wanted that are not there yet; negative where the end is waited for."""
        return self._ending.num_missing

    def add_next(self, top: Top, state: DecoderState, index: int, sampling: Sampling) -> None:
        """Choose the next word.

        Args:
            top: the likeliest words. Where the rules leave none of them, words that are less likely take part.
            state: in which this script is the text at `index`.
            index: see `state`.
            sampling: how to choose.
        """
        if self._rules is None:
            return self.add(drawn(top, sampling, self.uniform()))
        id = self._chosen(_ruled(top, state, index, self._rules), sampling)
        if id is None:
            return self.give_up("stop")
        self._rules.add(id)
        self.add(id)

    def add(self, id: int) -> None:
        """Take a word as the next one."""
        self.latest = id
        self._ending.add(self._words[id])

    def give_up(self, reason: FinishReason) -> None:
        """End the script with what is there."""
        self._ending.give_up(reason)

    def written(self) -> Written:
        """What was written, once it is done."""
        assert self._ending.reason is not None
        words = self._ending.written
        return Written(words, len(words) - self._num_prime, self._ending.reason)

    def _chosen(self, tops: Iterator[Top], sampling: Sampling) -> int | None:
        """A word of the first list that holds one which may come; None if no list does.

        Where somebody would have spoken, and may not, somebody else does if anybody may: any other word would stand
        there as rubbish.
        """
        assert self._rules is not None
        speakers_alone = False
        others: list[_Candidate] = []
        for logits, ids in tops:
            left = list(zip(logits, ids, strict=True))
            if speakers_alone:
                left = self._speakers(left, others)
            while left:
                id = self._drawn(left, sampling)
                if not self._rules.forbids(id):
                    return id
                if not speakers_alone and self._speaks(id):
                    speakers_alone, left = True, self._speakers(left, others)
        while others:
            id = self._drawn(others, sampling)
            if not self._rules.forbids(id):
                return id
        return None

    def _drawn(self, candidates: list[_Candidate], sampling: Sampling) -> int:
        """A word, which is taken out of the list."""
        return candidates.pop(sample([logit for logit, _ in candidates], sampling, self.uniform()))[1]

    def _speakers(self, candidates: list[_Candidate], others: list[_Candidate]) -> list[_Candidate]:
        """Those who speak; the others join the others."""
        speakers: list[_Candidate] = []
        for candidate in candidates:
            (speakers if self._speaks(candidate[1]) else others).append(candidate)
        return speakers

    def _speaks(self, id: int) -> bool:
        word = self._words[id]
        return is_speaker(word) and self._lexicon.speaks(word[:-1])


def drawn(top: Top, sampling: Sampling, uniform: float) -> int:
    """One of the likeliest words; see `coldopen.sampling.sample`."""
    logits, ids = top
    return ids[sample(logits, sampling, uniform)]


def _ruled(top: Top, state: DecoderState, index: int, rules: Rules) -> Iterator[Top]:
    """Lists of words to choose from, one after the other: those that may come if they are few, else all, by likelihood.

    Args:
        top: the likeliest words, the first list where there is no such rule; the others are as long.
    """
    few = rules.allowed()
    if few is not None:
        ranked = sorted(zip(state.logits_of(few, index), few, strict=True), reverse=True)
        yield [logit for logit, _ in ranked], [id for _, id in ranked]
        return
    yield top
    logits = state.logits(index)
    logits[top[1]] = -torch.inf
    scores, order = logits.sort(descending=True)
    for begin in range(0, int(scores.isfinite().sum()), len(top[1])):
        end = begin + len(top[1])
        yield scores[begin:end].tolist(), order[begin:end].tolist()
