"""The writer: prime words in, a sequence of words out, one network step a word."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from coldopen.ahead import write_ahead
from coldopen.bundle.content import Bundle
from coldopen.draft import Draft, Written
from coldopen.engine import DecoderState, Engine
from coldopen.errors import RequestError
from coldopen.linear import quickly
from coldopen.network import ScriptNetwork, serving_network
from coldopen.sampling import Sampling
from coldopen.steering import MAX_EXTRA_WORDS, Steering

if TYPE_CHECKING:
    from coldopen.in_step import Text
    from coldopen.logprobs import WordLogprobs

_NO_STEERING = Steering()
_MOST_AHEAD = 100  # likeliest words: among more, most words would be drawn in vain


class Writer:
    """Writes scripts with the network of one bundle."""

    def __init__(self, bundle: Bundle) -> None:
        self.name = bundle.manifest.name
        self.version = bundle.version
        self.vocabulary = bundle.vocabulary
        self.lexicon = bundle.lexicon
        self.copies = bundle.copies
        self.state_dict = bundle.state_dict
        self._config, weights = bundle.manifest.network, bundle.serving()
        bias = weights.bias.clone()
        for id in bundle.vocabulary.never_generated:  # a fill-in is no word: its bias keeps it from being drawn
            bias[id] = -math.inf
        self._memory = bundle.manifest.memory
        self._engine = Engine(self._config, weights._replace(bias=bias), self._memory)

    @property
    def engine(self) -> str:
        """What computes: shown by `/health`."""
        return self._engine.name

    def prepare(self) -> None:
        """Make now what is else made while the first words are written."""
        self._engine.prepare()

    def write(
        self,
        prime_words: list[str],
        length: int,
        sampling: Sampling,
        seed: int,
        deadline: float = math.inf,
        steering: Steering = _NO_STEERING,
    ) -> Written:
        """Write `length` words after the prime words, the recurrent state carried from word to word.

        Args:
            prime_words: at least one, all in the vocabulary.
            length: words to write; punctuation and line breaks count. Some more or fewer come if steering says so.
            sampling: top_k is at most the vocabulary's size.
            seed: the same seed, prime, length, sampling and steering give the same words again.
            deadline: on `time.monotonic()`'s clock, in seconds; writing stops when it has passed.
            steering: where the script may end, and what may stand in it.

        Raises:
            RequestError: 422, if a memory is asked for that the model does not have.
        """
        return self.write_batch(prime_words, length, sampling, [seed], deadline, steering)[0]

    @quickly()
    def write_batch(
        self,
        prime_words: list[str],
        length: int,
        sampling: Sampling,
        seeds: Sequence[int],
        deadline: float = math.inf,
        steering: Steering = _NO_STEERING,
    ) -> list[Written]:
        """Write a text for each seed, word by word in step; each is what `write` makes of that seed."""
        ids = self.vocabulary.ids(prime_words)
        prime_state = DecoderState(self._engine, share=self.share(sampling))
        for id in ids[:-1]:
            if time.monotonic() >= deadline:
                break  # the drafts end below, before anything is drawn from this state
            prime_state.step(id)
        drafts = [Draft(ids, length, steering, self.lexicon, seed) for seed in seeds]
        if len(drafts) == 1 and not steering.has_rules and sampling.top_k <= _MOST_AHEAD:
            write_ahead(drafts[0], prime_state, sampling, deadline)
            return [drafts[0].written()]
        state = prime_state.copies(len(seeds))
        for _ in range(length + MAX_EXTRA_WORDS + 1):
            if all(draft.is_done for draft in drafts):
                break
            if time.monotonic() >= deadline:
                for draft in drafts:
                    draft.give_up("deadline")
                break
            state.step(*(draft.latest for draft in drafts))
            for index, top in enumerate(state.top(sampling.top_k)):
                if drafts[index].is_done:
                    continue
                if time.monotonic() >= deadline:  # under strict rules a word of one draft may take a tenth of a second
                    drafts[index].give_up("deadline")
                else:
                    drafts[index].add_next(top, state, index, sampling)
        return [draft.written() for draft in drafts]

    def write_in_step(self, texts: Sequence[Text], deadline: float = math.inf) -> list[Written]:
        """Write texts of any kind side by side; each is what `write` makes of it: see `coldopen.in_step`.

        Raises:
            RequestError: as `share` does.
        """
        from coldopen.in_step import write_in_step  # who asks for them waits for it, and no cold start

        shares = [self.share(text.sampling) for text in texts]
        return write_in_step(self._engine, self.lexicon, texts, shares, deadline)

    def share(self, sampling: Sampling) -> float:
        """The memory's share in what is written so.

        Raises:
            RequestError: 422, if a memory is asked for that the model does not have.
        """
        if self._memory:
            return self._memory.writing_share if sampling.memory is None else sampling.memory
        if sampling.memory:
            message = f"memory is {sampling.memory:g}, and this model has none: leave memory out, or send 0"
            raise RequestError(422, "invalid_value", message, "memory")
        return 0.0

    def logprobs(self, words: list[str], first: int, num_top: int) -> list[WordLogprobs]:
        """How likely the network finds each word of a text, from the one at `first` on: see `coldopen.logprobs`.

        Raises:
            BundleError, ModelUnavailableError: as `state_dict` does.
        """
        from coldopen.logprobs import word_logprobs  # who asks for them waits for it, and no cold start

        num_top = min(num_top, len(self.vocabulary))
        return word_logprobs(self._network, self.vocabulary.ids(words), first, num_top)

    @cached_property
    def _network(self) -> ScriptNetwork:
        """The network in float32, made when it is first asked for."""
        return serving_network(self._config, self.state_dict())
