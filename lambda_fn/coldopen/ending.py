"""Where a script ends: each word that is written is looked at once, and it is known then whether more is needed."""

from __future__ import annotations

from typing import Literal

from coldopen.lexicon import Lexicon
from coldopen.marks import CLOSE, OPEN, QUOTE
from coldopen.screenplay import begins_speech, blocks
from coldopen.sentences import ENDS, ends_sentence
from coldopen.steering import MAX_EXTRA_WORDS, Steering
from coldopen.vocabulary import RETURN, is_speaker

FinishReason = Literal["length", "sentence", "line", "stop", "deadline"]


class Ending:
    """Watches the words of one script and tells when and where it ends.

    Args:
        prime_words: what it begins with.
        length: how many words were asked for.
        steering: its end, stop and lines.
        lexicon: who speaks.

    Attributes:
        words: the prime words and those that were added.
        reason: why the script ends; None while more words are needed.
    """

    def __init__(self, prime_words: list[str], length: int, steering: Steering, lexicon: Lexicon) -> None:
        self.words = list(prime_words)
        self.reason: FinishReason | None = None
        self._steering, self._lexicon = steering, lexicon
        self._num_prime, self._wanted = len(prime_words), len(prime_words) + length
        self._cut = self._wanted
        self._line_begin = len(prime_words) - prime_words[::-1].index(RETURN) if RETURN in prime_words else 0
        self._watches_lines = steering.end == "line" or steering.lines is not None or (RETURN,) in steering.stop
        self._num_lines = 0
        self._last_end = 0  # how many words there are up to the last sentence's or line's end; 0 for none
        self._says_more = False  # whether a word was said since
        self._has_ended = False  # whether the latest word ends a sentence
        self._is_aside = self._is_quoted = False
        for word in prime_words[self._line_begin :]:
            self._open_or_close(word)

    @property
    def written(self) -> list[str]:
        """The script's words, up to where it ends."""
        return self.words[: self._cut]

    @property
    def num_missing(self) -> int:
        """How many words are wanted that are not there yet; negative where the end is waited for."""
        return self._wanted - len(self.words)

    def add(self, word: str) -> None:
        """Take the next word."""
        if self._steering.stop and (begin := self._stops_at(word)):
            return self._finish("stop", begin)
        if self._has_ended and not (self._is_aside or self._is_quoted or self._belongs(word)):
            self._ends_here()
        if self._watches_lines and self._begins_line(word):
            self._end_line(word)
        self.words.append(word)
        if self._steering.end == "sentence":
            self._open_or_close(word)
            self._has_ended = ends_sentence(self.words) or (self._has_ended and word in (CLOSE, QUOTE))
        self._says_more = self._says_more or not (word == RETURN or is_speaker(word))
        if self.reason is None and len(self.words) >= self._wanted:
            self._end_if_possible()

    def give_up(self, reason: FinishReason) -> None:
        """End the script with what is there: at its last good end, if one was asked for and there is one."""
        if self.reason is None:
            self._finish(reason, self._last_end or len(self.words))

    def _finish(self, reason: FinishReason, cut: int) -> None:
        self.reason, self._cut = reason, cut

    def _ends_here(self) -> None:
        self._last_end, self._says_more = len(self.words), False

    def _begins_line(self, word: str) -> bool:
        line = self.words[self._line_begin :]
        return word == RETURN or begins_speech(line, word, self._lexicon)

    def _end_line(self, word: str) -> None:
        """A line ends before the word; it may be empty."""
        line = self.words[self._line_begin :]
        has_new_words = len(self.words) > self._num_prime
        self._line_begin = len(self.words) + (word == RETURN)
        if not has_new_words or not (found := blocks(line, self._lexicon)) or not found[0].lines:
            return
        if self._steering.end == "line":
            self._ends_here()
        if self._steering.lines and (found[0].speaker or not self._lexicon.has_cues):
            self._num_lines += 1
            if self._num_lines == self._steering.lines:
                self._finish("line", len(self.words))
        if self.reason is None and (RETURN,) in self._steering.stop:
            self._finish("stop", len(self.words))

    def _stops_at(self, word: str) -> int:
        """Where a sequence that ends the script begins, if the word completes one; else 0."""
        for sequence in self._steering.stop:
            begin = len(self.words) + 1 - len(sequence)
            latest = [*self.words[begin:], word]
            if begin >= self._num_prime and sequence != (RETURN,) and all(map(_is, latest, sequence)):
                return begin
        return 0

    def _belongs(self, word: str) -> bool:
        """Whether a word behind a sentence's end still belongs to it, or shows that it was none: `5 . 50`."""
        if word in ENDS:
            return True
        return word[0].isdigit() and len(self.words) > 1 and self.words[-2][-1].isdigit()

    def _open_or_close(self, word: str) -> None:
        if word == RETURN:
            self._is_aside = self._is_quoted = False
        elif word in (OPEN, CLOSE):
            self._is_aside = word == OPEN
        elif word == QUOTE:
            self._is_quoted = not self._is_quoted

    def _end_if_possible(self) -> None:
        end = self._steering.end
        if end == "length":
            self._finish("length", self._wanted)
        elif self._last_end and (self._last_end >= self._wanted or not self._says_more):
            self._finish(end, self._last_end)
        elif len(self.words) > self._wanted + MAX_EXTRA_WORDS:
            self._finish(end if self._last_end else "length", self._last_end or self._wanted)


def _is(word: str, wanted: str) -> bool:
    """Whether a word is the wanted one, or its speaker's cue."""
    return word == wanted or (is_speaker(word) and word.rstrip(":") == wanted)
