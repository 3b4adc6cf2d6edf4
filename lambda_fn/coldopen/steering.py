"""Steering: where a script may end and what may stand in it, in the model's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from coldopen.copies import Copies
from coldopen.errors import RequestError, UnknownWordError
from coldopen.lexicon import Lexicon
from coldopen.vocabulary import RETURN, fold, is_speaker, tokenise

End = Literal["length", "sentence", "line"]
ENDS: tuple[End, ...] = ("length", "sentence", "line")

MAX_EXTRA_WORDS = 30
"""How far a script may go on past its length to end well."""


@dataclass(frozen=True, slots=True)
class Steering:
    """What was asked of a script beside its prime and its length; by default nothing.

    Attributes:
        end: what the script ends with: the last word of its length, a sentence, or a speech.
        stop: sequences of words, in lower case and without a cue's colon, that end the script where they would come;
            a line break stands for the end of a line.
        lines: so many speeches, and the script ends.
        cast: the cues, each as one word or several, that may begin a line; if there are any, no other may.
        no_repeat: no sequence of so many words comes twice; 0 for no such rule.
        no_copy: no sequence of so many words comes that `copies` holds; 0 for no such rule.
        copies: the training text's sequences; needed for no_copy.
    """

    end: End = "length"
    stop: tuple[tuple[str, ...], ...] = ()
    lines: int | None = None
    cast: tuple[tuple[str, ...], ...] = ()
    no_repeat: int = 0
    no_copy: int = 0
    copies: Copies | None = None

    @property
    def has_rules(self) -> bool:
        """Whether some words may not come."""
        return bool(self.cast or self.no_repeat or self.no_copy)


def read_stop(phrases: Sequence[str], lexicon: Lexicon) -> tuple[tuple[str, ...], ...]:
    """The words that end a script.

    Raises:
        RequestError: 422, for a word that the model can't write.
    """
    vocabulary = lexicon.vocabulary
    assert vocabulary is not None
    stop = []
    for phrase in phrases:
        words = tokenise(fold(phrase))
        if set(words) == {RETURN}:
            words = [RETURN]
        for word in words:
            if word not in vocabulary and f"{word}:" not in vocabulary:
                error = UnknownWordError(word, vocabulary.nearest(word))
                raise RequestError(422, "unknown_word", f"stop: {error}", "stop", error.suggestions)
        stop.append(tuple(word.rstrip(":") if is_speaker(word) else word for word in words))
    return tuple(stop)


def read_cast(names: Sequence[str], lexicon: Lexicon) -> tuple[tuple[str, ...], ...]:
    """The cues of those who may speak.

    Raises:
        RequestError: 422, for somebody who never speaks in the model's scripts, with the nearest who do.
    """
    return tuple(_cue(name, lexicon) for name in names)


def _cue(name: str, lexicon: Lexicon) -> tuple[str, ...]:
    vocabulary = lexicon.vocabulary
    assert vocabulary is not None
    plain = " ".join(fold(name).lower().split()).removesuffix(":").strip()
    words = tokenise(f"{plain}:")
    if not plain or not all(word in vocabulary for word in words) or not lexicon.is_cue(plain):
        suggestions = lexicon.nearest_cues(plain)
        hint = f"; nearest: {', '.join(suggestions)}" if suggestions else ""
        message = f"cast: nobody called {plain[:60]!r} speaks in the model's scripts{hint}"
        raise RequestError(422, "unknown_speaker", message, "cast", suggestions)
    return tuple(words)
