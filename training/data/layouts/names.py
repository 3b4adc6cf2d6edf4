"""What may be a speaker's name, and how often names must come back before they are taken for some."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

_ASIDE = re.compile(r"[(\[][^()\[\]]*[)\]]")
_SENTENCE = re.compile(r"[!?;,{}=\"“”]|\.(?!\s?[\w'\u2019&]|$)|\.\.|://|\w{5,}\.\s")
_SCENE = re.compile(r"(?:act|scene|chapter|part|int|ext|cut to|fade (?:in|out|to))\b(?!\w)", re.IGNORECASE)
_MOST_WORDS, _LONGEST = 6, 50


def bare(cue: str) -> str:
    """A cue without what stands in parentheses."""
    return " ".join(_ASIDE.sub(" ", cue).split()) if "(" in cue or "[" in cue else cue.strip()


def may_be_name(name: str) -> bool:
    """Whether a name may be one: a few words, no sentence."""
    if not name or len(name) > _LONGEST or name.count(" ") >= _MOST_WORDS:
        return False
    is_opened = name[0].isalnum() or name[0] in "#@_'\u2019*&"
    return (
        is_opened
        and any(character.isalpha() for character in name)
        and not (_SENTENCE.search(name) or _SCENE.match(name))
    )


@dataclass(frozen=True, slots=True)
class Names:
    """The names that a layout finds in a text.

    Attributes:
        counts: how often each stands as a cue, in lower case.
        places: where cues may stand: lines, or paragraphs.
    """

    counts: Counter[str]
    places: int

    @classmethod
    def of(cls, cues: Iterable[str], places: int) -> Names:
        """The names of all cues that may be some."""
        names = (bare(cue).lower() for cue in cues)
        return cls(Counter(name for name in names if may_be_name(name)), max(1, places))

    @property
    def repeated(self) -> int:
        """How many cues have names that come back."""
        return sum(count for count in self.counts.values() if count > 1)

    @property
    def share(self) -> float:
        """Of the places, how many have such a cue."""
        return self.repeated / self.places

    @property
    def mean(self) -> float:
        """How often a name comes, on average."""
        return self.counts.total() / max(1, len(self.counts))

    def are_cues(self, least_share: float, least_mean: float = 1.5) -> bool:
        """Whether these are names of speakers rather than words that stand there by accident."""
        return self.repeated >= 3 and self.share >= least_share and self.mean >= least_mean

    def __contains__(self, cue: str) -> bool:
        return bare(cue).lower() in self.counts
