"""How English prose writes its words: counts from a package on PyPI, for corpora that are in lower case themselves.

The counts are those of `truecase` (MIT licence), of 300,000 sentences of news, books and speeches. The package is
downloaded once and its sha256 checked. None of its code is run: its table is a pickle, of which only plain values are
read.
"""

from __future__ import annotations

import io
import pickle
import zipfile
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coldopen.files import write_file
from training.data.download import download
from training.data.errors import CorpusError

_ROOT = Path(__file__).resolve().parents[2]
_PACKAGE = "truecase==0.0.14"
_SHA256 = "80e93b9d45a430d4bce4d9fe19fe0c185976ecf244779cf92e0901531ce86ced"
_FILE = _ROOT / ".cache" / "english" / "truecase-0.0.14.dist"
_MEMBER = "truecase/data/english.dist"

Counts = Mapping[str, int]
"""How often each way of writing a word was seen."""


class English:
    """Counts of how words are written.

    Args:
        words: how often each word was seen, as it was written, at the beginning of a sentence too.
        behind: the same of `first_Second`, for words that are written in more ways than one.
        before: the same of `First_second`, the second in lower case.
    """

    def __init__(self, words: Counts, behind: Counts, before: Counts) -> None:
        self._words: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._inside: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._firsts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._seconds: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for word, count in words.items():
            self._words[word.lower()][word] += count
        for pair, count in behind.items():
            first, _, second = pair.rpartition("_")
            if first and (first[-1].isalnum() or first == ","):
                self._inside[second.lower()][second] += count
            self._seconds[f"{first} {second}".lower()][second] += count
        for pair, count in before.items():
            first, _, second = pair.rpartition("_")
            self._firsts[f"{first} {second}".lower()][first] += count

    def total(self, word: str) -> int:
        """How often a word, given in lower case, was seen, however it was written."""
        return sum(self._words.get(word, {}).values())

    def inside(self, word: str) -> Counts:
        """The ways a word, given in lower case, was written inside sentences; anywhere, if there is but one way."""
        return self._inside.get(word) or self._words.get(word) or {}

    def pair(self, first: str, second: str) -> tuple[Counts, Counts]:
        """The ways two neighbours, given in lower case, were written: the first in front of the second, and that."""
        pair = f"{first} {second}"
        firsts = self._firsts.get(pair) or self._only(first)
        return firsts, self._seconds.get(pair) or self._only(second)

    def _only(self, word: str) -> Counts:
        """A word that was always written one way has no counts of its own in front of others."""
        ways: Counts = self._words.get(word, {})
        return ways if len(ways) == 1 else {}


def read_english() -> English:
    """The counts; they are fetched if they are not there yet.

    Raises:
        CorpusError: if the package can't be downloaded, has other bytes than expected, or its table can't be read.
    """
    if not _FILE.is_file():
        _FILE.parent.mkdir(parents=True, exist_ok=True)
        package = download(_PACKAGE, _SHA256, "the counts of English words")
        with zipfile.ZipFile(io.BytesIO(package)) as archive:
            write_file(_FILE, archive.read(_MEMBER))
    try:
        return english_of(_FILE.read_bytes())
    except (pickle.UnpicklingError, ValueError, KeyError, TypeError, AttributeError, EOFError, IndexError) as error:
        raise CorpusError(f"{_FILE} is damaged: {error!r}. Remove it, and it is fetched again") from None


def english_of(table: bytes) -> English:
    """The counts in a table of the package.

    Raises:
        pickle.UnpicklingError: if it holds anything but counts; nothing of it was made then.
        KeyError, TypeError, ...: if it is another table.
    """
    content = _PlainValues(io.BytesIO(table)).load()
    return English(*(content[name] for name in ("uni_dist", "backward_bi_dist", "forward_bi_dist")))


class _Counts(dict[str, int]):
    """Stands for nltk's FreqDist, whose state beside its counts is of no use here."""

    def __setstate__(self, state: object) -> None:
        pass


class _PlainValues(pickle.Unpickler):
    """Reads dicts, sets and counts; refuses every other class."""

    _CLASSES: Mapping[tuple[str, str], type] = {
        ("nltk.probability", "FreqDist"): _Counts,
        ("builtins", "set"): set,
        ("collections", "defaultdict"): defaultdict,
    }

    def find_class(self, module: str, name: str) -> Any:
        """The class of that name, if it may be made."""
        try:
            return self._CLASSES[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it holds {module}.{name}, which is no count; it was not read") from None
