"""The writer: prime words in, a sequence of words out, one network step a word."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch

from coldopen.bundle.content import Bundle
from coldopen.engine import DecoderState, Engine
from coldopen.sampling import Sampling, sample

FinishReason = Literal["length", "deadline"]


@dataclass(frozen=True, slots=True)
class Written:
    """What was written.

    Attributes:
        words: prime words first, then the new ones.
        length: how many are new.
        finish_reason: `length` if all that were asked for are there, `deadline` if time ran out first.
    """

    words: list[str]
    length: int
    finish_reason: FinishReason


class Writer:
    """Writes scripts with the network of one bundle."""

    def __init__(self, bundle: Bundle) -> None:
        self.name = bundle.manifest.name
        self.version = bundle.version
        self.vocabulary = bundle.vocabulary
        bias = bundle.state_dict["fc.bias"].clone()
        for id in bundle.vocabulary.never_generated:  # a fill-in is no word: its bias keeps it from being drawn
            bias[id] = -math.inf
        self._engine = Engine(bundle.manifest.network, {**bundle.state_dict, "fc.bias": bias})

    @property
    def engine(self) -> str:
        """What computes: shown by `/health`."""
        return self._engine.name

    def prime_words(self, words: list[str]) -> list[str]:
        """The words that a prime, tokenised, stands for.

        A single word that is a speaker's name more often than anything else becomes that speaker's cue: `jerry`
        is read as `jerry:`, but `phone` stays `phone`, though some transcript has a phone speak.

        Raises:
            UnknownWordError: naming the first word that the vocabulary lacks, and its nearest words.
        """
        if len(words) == 1 and self._is_name(words[0]):
            return [f"{words[0]}:"]
        self.vocabulary.ids(words)
        return words

    def _is_name(self, word: str) -> bool:
        """Whether the word is more often a speaker's name than anything else."""
        cue = f"{word}:"
        if cue not in self.vocabulary:
            return False
        # the more frequent a word, the lower its id
        return word not in self.vocabulary or self.vocabulary.id(cue) < self.vocabulary.id(word)

    def write(
        self, prime_words: list[str], length: int, sampling: Sampling, seed: int, deadline: float = math.inf
    ) -> Written:
        """Write `length` words after the prime words, the recurrent state carried from word to word.

        Args:
            prime_words: at least one, all in the vocabulary.
            length: words to write; punctuation and line breaks count.
            sampling: top_k is at most the vocabulary's size.
            seed: the same seed, prime, length and sampling give the same words again.
            deadline: on `time.monotonic()`'s clock, in seconds; writing stops when it has passed.
        """
        return self.write_batch(prime_words, length, sampling, [seed], deadline)[0]

    @torch.inference_mode()
    def write_batch(
        self, prime_words: list[str], length: int, sampling: Sampling, seeds: Sequence[int], deadline: float = math.inf
    ) -> list[Written]:
        """Write a text for each seed, word by word in step; each is what `write` makes of that seed."""
        rngs = [random.Random(seed) for seed in seeds]
        *primed, last = self.vocabulary.ids(prime_words)
        prime_state = DecoderState(self._engine)
        for id in primed:
            prime_state.step(id)
        state, latest = prime_state.copies(len(seeds)), [last] * len(seeds)
        texts: list[list[int]] = [[] for _ in seeds]
        finish_reason: FinishReason = "length"
        for _ in range(length):
            if time.monotonic() >= deadline:
                finish_reason = "deadline"
                break
            state.step(*latest)
            for index, (logits, candidates) in enumerate(state.top(sampling.top_k)):
                latest[index] = candidates[sample(logits, sampling, rngs[index].random())]
                texts[index].append(latest[index])
        words = self.vocabulary.words
        return [Written(prime_words + [words[id] for id in text], len(text), finish_reason) for text in texts]
