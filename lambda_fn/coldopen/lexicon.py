"""The lexicon: what a corpus taught about its words beyond their order.

Which phrases name who speaks next, how a word is written inside a sentence, which words a hyphen joins, and how many
line breaks end a line. It is learnt in training and travels in the bundle as `lexicon.json`. A bundle without one still
works: speakers are then told by the vocabulary alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any

from coldopen.vocabulary import Vocabulary, is_speaker, tokenise

_MAX_LINE_BREAKS = 2
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_MAX_NAME_WORDS = 4  # of a name that is only guessed to be one


class Lexicon:
    """What is known of a corpus's words.

    Args:
        vocabulary: the model's; None where there is no model, as for a text by itself.
        cues: the names of those who speak, in lower case and without colon (`jerry`, `mr. pitt`), the most frequent
            first; None where that was not learnt, so that the vocabulary alone must tell.
        casing: for words, and pairs of words, that are not usually written in lower case, or not as they are spelled
            in the vocabulary: how they are written (`god`: `God`, `new york`: `New York`, `dont`: `don't`).
        compounds: pairs of words that a hyphen joins (`twenty-five`), rather than parts.
        line_breaks: how many end a line: 2 where an empty line stands between speeches.
    """

    def __init__(
        self,
        vocabulary: Vocabulary | None = None,
        cues: Mapping[str, None] | None = None,
        casing: Mapping[str, str] = _NOTHING,
        compounds: frozenset[str] = frozenset(),
        line_breaks: int = _MAX_LINE_BREAKS,
    ) -> None:
        self.vocabulary, self.cues, self.casing = vocabulary, cues or _NOTHING, casing
        self._is_learnt = cues is not None
        self.compounds, self.line_breaks = compounds, line_breaks

    def to_bytes(self) -> bytes:
        """The lexicon file."""
        content = {
            "cues": list(self.cues),
            "casing": dict(sorted(self.casing.items())),
            "compounds": sorted(self.compounds),
            "line_breaks": self.line_breaks,
        }
        return (json.dumps(content, ensure_ascii=False, indent=0) + "\n").encode()

    @classmethod
    def from_bytes(cls, data: bytes, vocabulary: Vocabulary) -> Lexicon:
        """Parse a lexicon file.

        Raises:
            ValueError: if it holds something else, or half a surrogate pair.
        """
        content = json.loads(data)
        if not isinstance(content, dict) or set(content) != {"cues", "casing", "compounds", "line_breaks"}:
            raise ValueError("it does not hold cues, casing, compounds and line_breaks")
        cues, casing, compounds = content["cues"], content["casing"], content["compounds"]
        if not _are_words(cues) or not _are_words(compounds):
            raise ValueError("its cues or its compounds are no list of words")
        if not isinstance(casing, dict) or not _are_words(list(casing.values())):
            raise ValueError("its casing is no map of words")
        line_breaks = content["line_breaks"]
        if isinstance(line_breaks, bool) or line_breaks not in range(1, _MAX_LINE_BREAKS + 1):
            raise ValueError(f"its line_breaks are {line_breaks!r}; they must be 1 or 2")
        "".join([*cues, *casing, *casing.values(), *compounds]).encode()  # UnicodeEncodeError is a ValueError
        return cls(vocabulary, dict.fromkeys(cues), casing, frozenset(compounds), line_breaks)

    def is_cue(self, name: str) -> bool:
        """Whether a name, in lower case and without colon, is that of somebody who speaks.

        A name that stands in no script of the training part counts if all of its words are parts of such names, and
        the last one ends one: `mr. kramer`. Where no cues were learnt, a single word counts, and several count if the
        last is more often a cue than a word.
        """
        if name in self.cues:
            return True
        *first, last = name.split() or [""]
        if not self._is_learnt:
            return bool(last) and (not first or (len(first) < _MAX_NAME_WORDS and self.is_name(last)))
        return last in self.cues and bool(first) and all(word in self._cue_words for word in first)

    def cue(self, name: str) -> list[str] | None:
        """The words of a speaker's cue, as the vocabulary has them; None if it lacks one, or nobody is called so."""
        assert self.vocabulary is not None
        for words in (tokenise(f"{name}:"), [*tokenise(name), ":"]):  # some corpora have `name :`
            if name and self.is_cue(name) and all(word in self.vocabulary for word in words):
                return words
        return None

    def speaks(self, word: str) -> bool:
        """Whether a word before a colon names a speaker wherever it stands, not at a line's start alone."""
        return word in self.cues if self._is_learnt else self.is_name(word)

    def is_name(self, word: str) -> bool:
        """Whether a word is more often a speaker's name than anything else.

        `jerry` is; `phone` is not, though some transcript has a phone speak.
        """
        vocabulary, cue = self.vocabulary, f"{word}:"
        if vocabulary is None or not is_speaker(cue) or cue not in vocabulary:
            return False
        # the more frequent a word, the lower its id
        return word not in vocabulary or vocabulary.id(cue) < vocabulary.id(word)

    @property
    def has_cues(self) -> bool:
        """Whether anybody speaks in the model's scripts."""
        return bool(self.names)

    def nearest_cues(self, name: str, count: int = 5) -> tuple[str, ...]:
        """The names of those who speak that are most like a name in spelling, the most frequent first."""
        from difflib import get_close_matches  # only a mistaken request needs it, so no cold start pays

        names = self.names
        nearest = [*get_close_matches(name, names, n=count), *(known for known in names if name in known.split())]
        return tuple(sorted(dict.fromkeys(known for known in nearest if known != name), key=names.index))[:count]

    def written(self, word: str) -> str:
        """A word as it is written inside a sentence. Where no cues were learnt, a name has a capital."""
        if word in self.casing or self._is_learnt:
            return self.casing.get(word, word)
        return word.capitalize() if self.is_name(word.removesuffix("'s")) else word

    @cached_property
    def names(self) -> list[str]:
        """The names of those who speak, the most frequent first; those of one word where no cues were learnt."""
        if self._is_learnt or self.vocabulary is None:
            return list(self.cues)
        return [self.vocabulary.words[id].removesuffix(":") for id in sorted(self.vocabulary.speakers)]

    @cached_property
    def _cue_words(self) -> frozenset[str]:
        return frozenset(word for cue in self.cues for word in cue.split())


def _are_words(values: Any) -> bool:
    return isinstance(values, list) and set(map(type, values)) <= {str} and "" not in values
