"""What was understood of a corpus, for a person to read before it is trained on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from coldopen.vocabulary import detokenise, fold, tokenise
from training.data.characters import unspaced_share
from training.data.contractions import unite
from training.data.corpus import Corpus
from training.data.cues import cue_counts
from training.data.layouts.recognise import LAYOUTS
from training.data.repair import Repair, repair

_NAMED = 5
_NAMED_FILES = 10
_SPEAKERS = 10
_MOST_UNIQUE = 0.5
_MOST_UNSPACED = 0.3
_FEW_WORDS = 5_000
_CURLY = re.compile("[\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2013\u2014\u2026\x91-\x97\x85]")
_FEWEST_CUES = 0.02


def report(corpus: Corpus, words: int, counts: Sequence[int], preset: Mapping[str, Any]) -> str:
    """What was read and left out, who speaks, how many words there are, and what should give pause.

    Args:
        corpus: as it was read.
        words: how many it has, punctuation and line breaks too.
        counts: how often each word of the vocabulary stands in it.
        preset: as `Preset.to_dict` gives it.
    """
    is_folded = preset["training"].get("fold", False)
    lines = [*_read(corpus), *_left_out(corpus), *_skipped(corpus)]
    speakers = cue_counts(corpus.text)
    filled = sum(1 for line in corpus.text.split("\n") if line and not line.isspace())
    share = speakers.total() / max(1, filled)
    if speakers:
        most = ", ".join(f"{name} {count:,}" for name, count in speakers.most_common(_SPEAKERS))
        first = f"the {_SPEAKERS} most frequent: " if len(speakers) > _SPEAKERS else ""
        lines.append(f"{_number(len(speakers), 'speaker')}, in {share:.0%} of {filled:,} lines; {first}{most}")
    once = sum(count == 1 for count in counts)
    lines.append(f"{words:,} words, {len(counts):,} in the vocabulary, {once:,} of them seen once")
    mended = repair(corpus.text)
    if is_folded:
        lines += _mended(mended)
        if preset["training"].get("contractions", False):
            lines += _united(unite(fold(mended.text)).counts)
    warnings = _warnings(corpus, share, words, len(counts), once, mended, is_folded)
    return "\n".join([*lines, *(f"warning: {warning}" for warning in warnings)])


def auxiliary_report(corpus: Corpus, words: int, unknown: int) -> str:
    """What was read and left out of auxiliary scripts.

    Args:
        words: how many they have.
        unknown: how many of these the vocabulary lacks.
    """
    lines = [*_read(corpus), *_left_out(corpus), *_skipped(corpus)]
    lines.append(f"{words:,} words, {unknown / max(1, words):.1%} of them not in the vocabulary")
    return "\n".join(f"auxiliary: {line}" for line in lines)


def first_speeches(text: str, count: int) -> str:
    """The first lines of a text as they are learnt: in lower case, with the marks that are words of their own.

    Args:
        text: as `text_to_learn` gives it.
    """
    filled = (line for line in text.split("\n") if line.strip())
    return "\n".join(detokenise(tokenise(line)) for line in islice(filled, count))


def _read(corpus: Corpus) -> Iterator[str]:
    names = corpus.sources[0] if len(corpus.sources) == 1 else f"{len(corpus.sources):,} files"
    yield f"read {names}: {len(corpus.text):,} characters"
    for what, values in (
        ("format", (script.format for script in corpus.scripts)),
        ("encoding", (script.encoding for script in corpus.scripts)),
        ("layout", (script.layout for script in corpus.scripts)),
    ):
        if told := _counted(values):
            yield f"{what}: {told}"
    if removed := _counted(part for script in corpus.scripts for part in script.left_out):
        yield f"taken out of the text: {removed}"
    layouts = Counter(script.layout for script in corpus.scripts if script.layout)
    if len(layouts) > 1:
        for layout, count in layouts.items():
            if count <= _NAMED and count < len(corpus.scripts) / 2:
                yield f"  {layout}: {', '.join(it.name for it in corpus.scripts if it.layout == layout)}"


def _counted(values: Iterable[str]) -> str:
    """Values with how often each comes, if there is more than one."""
    counts = Counter(value for value in values if value)
    if len(counts) == 1:
        return next(iter(counts))
    return ", ".join(f"{value} ({count:,})" for value, count in counts.most_common(_NAMED_FILES))


def _left_out(corpus: Corpus) -> Iterator[str]:
    if corpus.left_out:
        yield f"left out {_number(len(corpus.left_out), 'file')}:"
        yield from (f"  {part}" for part in corpus.left_out[:_NAMED_FILES])
        if len(corpus.left_out) > _NAMED_FILES:
            yield f"  and {len(corpus.left_out) - _NAMED_FILES:,} more"


def _skipped(corpus: Corpus) -> Iterator[str]:
    if corpus.skips:
        reasons = Counter(skip.reason for skip in corpus.skips)
        told = ", ".join(f"{reason} ({count:,})" for reason, count in reasons.most_common(_NAMED_FILES))
        yield f"skipped {len(corpus.skips):,} unusable lines: {told}"
        yield from (f"  {skip}" for skip in corpus.skips[:_NAMED])
        if len(corpus.skips) > _NAMED:
            yield f"  and {len(corpus.skips) - _NAMED:,} more"


def _mended(mended: Repair) -> Iterator[str]:
    if mended.apostrophes:
        yield f"mended {_number(mended.apostrophes, 'apostrophe')} that had become question marks, as in `isn?t`"
    if mended.lines:
        yield f"mended {_number(mended.lines, 'line')} of UTF-8 that had been read in another encoding"
    if curly := len(_CURLY.findall(mended.text)):
        yield f"{curly:,} curly quotation marks, long dashes and ellipses become those of a keyboard"


def _united(counts: Mapping[str, tuple[str, int]]) -> Iterator[str]:
    if counts:
        told = ", ".join(
            f"`{word}` with `{whole}` {count:,}" for word, (whole, count) in islice(counts.items(), _NAMED)
        )
        total = sum(count for _, count in counts.values())
        yield (
            f"united {_number(total, 'contraction')} that part of the text writes without apostrophe, "
            f"{_number(len(counts), 'kind')}: {told}{', ...' if len(counts) > _NAMED else ''}"
        )


def _warnings(
    corpus: Corpus, share: float, words: int, vocabulary: int, once: int, mended: Repair, is_folded: bool
) -> Iterator[str]:
    if share < _FEWEST_CUES:
        yield (
            "hardly a line names who speaks, so the model will learn no speakers. Write them as `NAME: text`, or say "
            f"how they stand with --layout ({', '.join(LAYOUTS)}) or --columns"
        )
    unspaced = unspaced_share(corpus.text)
    if unspaced > _MOST_UNSPACED and not corpus.hints.characters:
        yield (
            f"{unspaced:.0%} of the letters are of a script without spaces between words, as Chinese, Japanese and "
            "Thai have it, so words can't be told apart and a whole sentence counts as one. With --characters each "
            "character is a word"
        )
    elif vocabulary > _MOST_UNIQUE * words:
        yield (
            f"nearly every word is another one: {once:,} of {words:,} are seen only once, and nothing is learnt from "
            "these. See with --show whether this is the text that you meant; if so, more of it is needed"
        )
    if mended.unclear > max(3, words / _FEW_WORDS):
        yield (
            f"{mended.unclear:,} characters inside words are `?` or could not be decoded, and were others once: save "
            "the scripts as UTF-8 anew, or name their encoding with --encoding"
        )
    if not is_folded:
        yield from _unfolded(corpus.text, mended)


def _unfolded(text: str, mended: Repair) -> Iterator[str]:
    if broken := mended.apostrophes + mended.lines:
        yield f"{broken:,} broken characters stay, since this preset says fold = false; another preset mends them"
    if _CURLY.search(text) and ("'" in text or '"' in text):
        yield (
            "curly and straight quotation marks are mixed, so `isn't` may be two words: this preset says fold = false, "
            "another one makes them the same"
        )


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
