"""Text to words and back, words to ids and back.

The preprocessing is that of the original project, whose network this is: ten punctuation marks become words of their
own, everything is lower-cased, and white space separates words. A speaker is a word that ends in a colon (`jerry:`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property

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
_NO_SPACE_BEFORE = frozenset(".,;!?)-\n")
_NO_SPACE_AFTER = frozenset("(-\n")
_NEAREST_CUTOFF = 0.6  # difflib's own default: below it the words share too little to be of help

_TYPED = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc\u00b4`\x91\x92", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\uff02\x93\x94", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2212\x96", "-"),
    **dict.fromkeys("\u2014\u2015\x97", "--"),
    **dict.fromkeys("\u2026\x85", "..."),
    **dict.fromkeys("\u200b\ufeff\u00ad", ""),  # no width: a break that may come, a byte order mark, a soft hyphen
}
_KEYBOARD = str.maketrans(_TYPED)

_DOMAINS = frozenset(("com", "net", "org", "edu", "gov"))


def tokenise(text: str) -> list[str]:
    """Split text into lower-case words and punctuation tokens."""
    return text.translate(_SPACED_TOKENS).lower().split()


def fold(text: str) -> str:
    """Text with the marks that a keyboard has.

    Curly quotation marks and apostrophes become straight, long dashes `--`, an ellipsis three dots; so do those of
    Windows-1252 that were read as Latin-1. Letters that were typed in parts are put together (Unicode's NFC).
    """
    if text.isascii() and "`" not in text:
        return text
    import unicodedata  # only such a text needs it, so no cold start pays

    text = re.sub("(.?)\u2013(?=(.?))", _hyphen_or_dash, text, flags=re.DOTALL)
    return unicodedata.normalize("NFC", text.translate(_KEYBOARD))


def _hyphen_or_dash(match: re.Match[str]) -> str:
    """An en dash joins what it stands between, as in 1989-98, or parts it like a longer one."""
    before, after = match.groups()
    return f"{before}{'-' if before.isalnum() and after.isalnum() else '--'}"


def detokenise(words: Iterable[str]) -> str:
    """Join words to text: punctuation attached, quotation marks paired, no token's name left.

    Numbers, initials and addresses (`$5.50`, `1,000`, `u.s.`, `example.com`) are written without a space. The inverse
    of `tokenise` up to letter case and the exact white space, which tokenising loses.
    """
    return "".join(pieces(words))


def pieces(words: Iterable[str]) -> list[str]:
    """Each word as it stands in the text, with the space before it; fill-ins are left out."""
    known = [word for word in words if word not in (PAD, UNKNOWN)]
    written: list[str] = []
    glue = True  # whether the next piece joins the last one without a space
    quote_is_open = False
    for index, word in enumerate(known):
        mark = _MARKS.get(word)
        if mark == '"':
            opens, quote_is_open = not quote_is_open, not quote_is_open
            written.append('"' if glue or not opens else ' "')
            glue = opens
            continue
        piece = mark or word
        glue = glue or mark in _NO_SPACE_BEFORE or _closes(word, known[index - 1] if index else "")
        written.append(piece if glue else f" {piece}")
        glue = mark in _NO_SPACE_AFTER or (mark in (".", ",") and _is_inside(known, index, mark))
        if mark == "\n":
            quote_is_open = False  # a quotation never outlives its line
    return written


def _closes(word: str, before: str) -> bool:
    """Whether a word is the rest of one that a mark parted: `jerry (to george):`, `[enter jerry.]`."""
    return word == ":" or (word == "]" and before in _MARKS)


def _is_inside(words: Sequence[str], index: int, mark: str) -> bool:
    """Whether a full stop or comma stands within a number, initials or an address."""
    if index == 0 or index + 1 == len(words):
        return False
    before, after = words[index - 1], words[index + 1]
    if before in _MARKS or after in _MARKS:
        return False
    num_digits = len(before) - len(before.rstrip("0123456789"))
    if mark == ",":
        return 0 < num_digits <= 3 and after[:3].isdigit() and len(after) >= 3 and not after[3:4].isdigit()
    if num_digits and after[0].isdigit() and not after[-1].isalpha():
        return True
    if len(before) == len(after) == 1:
        return before.isalpha() and after.isalpha() and words[index + 2 : index + 3] == [PUNCTUATION["."]]
    return after in _DOMAINS or "://" in before


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

    @cached_property
    def speakers(self) -> frozenset[int]:
        """The ids of the words that name who speaks next."""
        return frozenset(id for id, word in enumerate(self.words) if is_speaker(word))

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
        refused = word.rstrip(":")
        words = [known for known in alike if known != refused and known.replace("'", "").isalpha()]  # in id order
        nearest = get_close_matches(word, words, n=count, cutoff=_NEAREST_CUTOFF)
        return tuple(sorted(nearest, key=words.index))

    def with_prefix(self, prefix: str) -> list[str]:
        """All words, in id order, that begin with `prefix` in lower case; no tokens, no fill-ins."""
        lower = prefix.lower()
        return [w for w in self.words if w.startswith(lower) and w not in (PAD, UNKNOWN) and w not in _MARKS]
