"""Steering: where a script may end and what may stand in it, in the model's words."""

from __future__ import annotations

from typing import Literal, NamedTuple

from coldopen.copies import Copies

End = Literal["length", "sentence", "line"]
ENDS: tuple[End, ...] = ("length", "sentence", "line")

MAX_EXTRA_WORDS = 30
"""How far a script may go on past its length to end well."""


class Steering(NamedTuple):  # made in a sixth of a dataclass's time, and a cold start waits for it
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
