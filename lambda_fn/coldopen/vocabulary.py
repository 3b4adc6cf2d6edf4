"""Text to words and back, words to ids and back.

The preprocessing is that of the original project, whose network this is: ten punctuation marks become words of their
own, everything is lower-cased, and white space separates words. A speaker is a word that ends in a colon (`jerry:`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from coldopen.errors import UnknownWordError

PAD = "<PAD>"
"""Fills the last sentence up to the common length; never generated."""

UNKNOWN = "<UNK>"
"""Stands for each word that was too rare to learn, where a training asked for that; never generated."""

RETURN = "||return||"

PUNCTUATION = {
    ".": "||period||",
    ",": "||comma||",
    '"': "||quotationmark||",
    ";": "||semicolon||",
    "!": "||exclamationmark||",
    "?": "||questionmark||",
    "(": "||leftparentheses||",
    ")": "||rightparentheses||",
    "-": "||dash||",
    "\n": RETURN,
}
"""Each mark and the token that stands for it."""

PUNCTUATION_TOKENS = frozenset(PUNCTUATION.values())
"""The tokens alone."""

_SPACED_TOKENS = {ord(mark): f" {token} " for mark, token in PUNCTUATION.items()}
_MARKS = {token: mark for mark, token in PUNCTUATION.items()}
_NO_SPACE_BEFORE = frozenset(".,;!?)-\n:")  # a colon is a word of its own after a parenthesis: `jerry (to george):`
_NO_SPACE_AFTER = frozenset("(-\n")
_NEAREST_CUTOFF = 0.6  # difflib's own default: below it the words share too little to be of help


def tokenise(text: str) -> list[str]:
    """Split text into lower-case words and punctuation tokens."""
    return text.translate(_SPACED_TOKENS).lower().split()


def detokenise(words: Iterable[str]) -> str:
    """Join words to text: punctuation attached, quotation marks paired, no token's name left.

    The inverse of `tokenise` up to letter case and the exact white space, which tokenising loses.
    """
    pieces: list[str] = []
    glue = True  # whether the next piece joins the last one without a space
    quote_is_open = False
    for word in words:
        if word in (PAD, UNKNOWN):
            continue
        mark = _MARKS.get(word)
        if mark == '"':
            opens, quote_is_open = not quote_is_open, not quote_is_open
            pieces.append('"' if glue or not opens else ' "')
            glue = opens
            continue
        piece = mark or word
        pieces.append(piece if glue or piece in _NO_SPACE_BEFORE else f" {piece}")
        glue = piece in _NO_SPACE_AFTER
        if mark == "\n":
            quote_is_open = False  # a quotation never outlives its line
    return "".join(pieces)


def is_speaker(word: str) -> bool:
    """Whether a word names who speaks next, as `jerry:` does."""
    return len(word) > 1 and word.endswith(":")


class Vocabulary:
    """The words a model knows; a word's position is its id.

    Args:
        words: all words in id order. Vocabularies made here hold `<PAD>` first, then the words by falling
            frequency; those of models trained elsewhere may have any order.

    Raises:
        ValueError: if a word is empty, no string, not Unicode text (half a surrogate pair), or there twice.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)
        self._ids = {word: index for index, word in enumerate(self.words)}
        if not self.words:
            raise ValueError("the vocabulary holds no words")
        for word in self.words:
            if not isinstance(word, str) or not word:
                raise ValueError(f"the vocabulary holds {word!r}, which is not a word")
        "".join(self.words).encode()  # UnicodeEncodeError is a ValueError
        if len(self._ids) != len(self.words):
            twice = next(word for word, count in Counter(self.words).items() if count > 1)
            raise ValueError(f"the vocabulary holds {twice!r} twice")

    @classmethod
    def of(cls, tokens: Iterable[str], min_count: int = 1) -> Vocabulary:
        """The vocabulary of a corpus: `<PAD>`, then its words by falling frequency (ties: first seen).

        Args:
            min_count: if words occur less often, `<UNK>` comes last and stands for all of them.
        """
        counts = Counter(tokens).most_common()
        frequent = [word for word, count in counts if count >= min_count]
        return cls([PAD, *frequent, *([UNKNOWN] if len(frequent) < len(counts) else [])])

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self._ids

    @property
    def pad_id(self) -> int | None:
        """The id of `<PAD>`, if the vocabulary has it."""
        return self._ids.get(PAD)

    @property
    def never_generated(self) -> list[int]:
        """The ids of `<PAD>` and `<UNK>`, as far as the vocabulary has them: fill-ins, not words."""
        return [self._ids[word] for word in (PAD, UNKNOWN) if word in self._ids]

    def id(self, word: str) -> int:
        """The id of a word.

        Raises:
            UnknownWordError: with the nearest words, if the vocabulary doesn't hold it.
        """
        try:
            return self._ids[word]
        except KeyError:
            raise UnknownWordError(word, self.nearest(word)) from None

    def ids(self, words: Iterable[str]) -> list[int]:
        """The ids of several words; raises as `id` does."""
        return [self.id(word) for word in words]

    def nearest(self, word: str, count: int = 5) -> tuple[str, ...]:
        """The words most like `word` in spelling (difflib's ratio), without their colons, the most frequent first."""
        from difflib import get_close_matches  # only a mistaken request needs it, so no cold start pays

        first, length = word[:1], len(word)
        alike = dict.fromkeys(
            known.rstrip(":")
            for known in self.words
            if abs(len(known) - length) <= 2 and (known[0] == first or known[1:3] == word[1:3])
        )
        words = [known for known in alike if known.isalpha()]  # in id order
        nearest = get_close_matches(word, words, n=count, cutoff=_NEAREST_CUTOFF)
        return tuple(sorted(nearest, key=words.index))

    def with_prefix(self, prefix: str) -> list[str]:
        """All words, in id order, that begin with `prefix` in lower case; no tokens, no fill-ins."""
        lower = prefix.lower()
        return [w for w in self.words if w.startswith(lower) and w not in (PAD, UNKNOWN) and w not in _MARKS]
