"""Generated scripts beside pieces of the held-out ones: how varied, how much copied, how well laid out.

Pieces are int64 (scripts, words), all of one length, so that generated and held-out ones can be compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from coldopen.lexicon import Lexicon
from coldopen.sampling import Sampling
from coldopen.screenplay import blocks
from coldopen.vocabulary import RETURN, Vocabulary, is_speaker
from coldopen.writer import Writer

COPIED_RUN = 8
"""Words in a run that counts as copied if it stands verbatim in the training part."""
REPEATED_RUN = 4
"""Words in a run that counts as repeated if it stood in the same script before."""
_SCRIPTS = 100
_FREQUENT_WORDS = 500
_STRETCH = 50
_LENGTH = 300


@dataclass(frozen=True, slots=True)
class PieceMeasures:
    """What is measured of pieces.

    Attributes:
        distinct: of runs of one, two and three words, how many different ones there are, as a share of all: distinct-1
            and so on (Li et al. 2016, "A Diversity-Promoting Objective Function for Neural Conversation Models").
        self_repetition: share of a script's runs of four words that stood in it before (Welleck et al. 2020, "Neural
            Text Generation with Unlikelihood Training": seq-rep-4), mean over scripts.
        copied: share of runs of eight words that stand verbatim in the training part.
        longest_copied: words in the longest run that stands there.
        speaker_lines: share of the lines behind a line break that open with a speaker's cue.
        returning_speakers, returning_words: of the speakers' cues, and of the other words but the 500 most frequent of
            the training part, that stand in a script's first 50 words, the share that stands in each later stretch of
            50 words too, mean over stretches and scripts; None if there are none.
    """

    distinct: tuple[float, ...]
    self_repetition: float
    copied: float
    longest_copied: int
    speaker_lines: float
    returning_speakers: float | None
    returning_words: float | None


def measure(pieces: Tensor, train: Tensor, lexicon: Lexicon) -> PieceMeasures:
    """Measure pieces against the training part, int64 (words,)."""
    copied, longest = copied_runs(pieces, train, COPIED_RUN)
    assert lexicon.vocabulary is not None
    is_cue = torch.tensor([is_speaker(word) for word in lexicon.vocabulary.words])
    counts = torch.bincount(train, minlength=len(is_cue))
    is_frequent = counts >= counts.sort(descending=True).values[:_FREQUENT_WORDS][-1]
    return PieceMeasures(
        distinct=tuple(distinct(pieces, run) for run in (1, 2, 3)),
        self_repetition=self_repetition(pieces),
        copied=copied,
        longest_copied=longest,
        speaker_lines=speaker_lines(pieces, lexicon),
        returning_speakers=returning(pieces, is_cue),
        returning_words=returning(pieces, ~is_cue & ~is_frequent),
    )


def held_out_pieces(held_out: Tensor, may_begin: Tensor) -> Tensor:
    """A hundred pieces of 300 words (fewer of a short text), one from each equal stretch of the held-out scripts.

    Args:
        held_out: int64 (words,), at least four.
        may_begin: bool (vocabulary_size,): the words that a piece begins with, speakers' cues; where a stretch has none
            of them, its first word does.
    """
    length = min(_LENGTH, len(held_out) // 2)
    begins, offset = [], 0
    for stretch in held_out.chunk(min(_SCRIPTS, len(held_out) // (2 * length))):
        first = int(may_begin[stretch].int().argmax())  # 0 if there is none
        begins.append(min(offset + first, len(held_out) - length))
        offset += len(stretch)
    return torch.stack([held_out[begin : begin + length] for begin in begins])


def written_pieces(writer: Writer, first_words: Sequence[str], length: int, sampling: Sampling) -> Tensor:
    """A piece for each first word, of `length` words with it; the first is written with seed 0, the next with 1, ..."""
    scripts = (writer.write([word], length - 1, sampling, seed).words for seed, word in enumerate(first_words))
    return torch.tensor([writer.vocabulary.ids(words) for words in scripts])


def distinct(pieces: Tensor, run: int) -> float:
    """How many different runs of so many words there are, as a share of all; 1 if there is no run so long."""
    if pieces.shape[1] < run:
        return 1.0
    runs = pieces.unfold(1, run, 1).flatten(0, 1)  # (scripts * runs, run)
    return len(torch.unique(runs, dim=0)) / len(runs)


def self_repetition(pieces: Tensor) -> float:
    """Mean share of a script's runs of four words that stood in it before."""
    return sum(1 - distinct(piece.unsqueeze(0), REPEATED_RUN) for piece in pieces) / len(pieces)


def returning(pieces: Tensor, is_counted: Tensor) -> float | None:
    """Of the words in a script's first stretch, the share that stands in each later one too; None if there are none.

    Args:
        is_counted: bool (vocabulary_size,), the words that are looked at.
    """
    shares = []
    for piece in pieces:
        first, *later = (set(stretch[is_counted[stretch]].tolist()) for stretch in piece.split(_STRETCH))
        if first:
            shares += [len(first & stretch) / len(first) for stretch in later]
    return sum(shares) / len(shares) if shares else None


def copied_runs(pieces: Tensor, train: Tensor, run: int) -> tuple[float, int]:
    """The share of the pieces' runs of `run` words that stand verbatim in `train`, and the longest run that does.

    Runs grow word by word. Every run that stands in both texts gets a number, the same in both. A run that is one word
    longer is then known by two numbers alone: that of its beginning, and its last word's id. No hash is involved, so
    the count is exact.
    """
    width, total = pieces.shape[1], pieces.shape[0] * max(pieces.shape[1] - run + 1, 0)
    flat, base = pieces.flatten(), int(max(pieces.max(), train.max())) + 1
    here, there = torch.arange(len(flat)), torch.arange(len(train))  # where the runs that stand in both texts begin
    here_numbers, there_numbers = torch.zeros_like(here), torch.zeros_like(there)
    share, length = 0.0, 0
    while True:
        fits, fits_there = here % width + length < width, there + length < len(train)
        here, here_numbers = here[fits], here_numbers[fits]
        there, there_numbers = there[fits_there], there_numbers[fits_there]
        here_keys, there_keys = here_numbers * base + flat[here + length], there_numbers * base + train[there + length]
        common = _common(here_keys, there_keys)
        if not len(common):
            return share, length
        (here, here_numbers), (there, there_numbers) = _kept(here, here_keys, common), _kept(there, there_keys, common)
        length += 1
        if length == run:
            share = len(here) / total


def _common(first: Tensor, second: Tensor) -> Tensor:
    """The numbers that are in both: int64, rising, each once."""
    both = torch.cat([torch.unique(first), torch.unique(second)]).sort().values
    return both[:-1][both[:-1] == both[1:]]


def _kept(begins: Tensor, keys: Tensor, common: Tensor) -> tuple[Tensor, Tensor]:
    """The runs whose key is among `common`, and each one's index there."""
    numbers = torch.searchsorted(common, keys).clamp_max(len(common) - 1)
    is_common = common[numbers] == keys
    return begins[is_common], numbers[is_common]


def speaker_lines(pieces: Tensor, lexicon: Lexicon) -> float:
    """Share of the lines behind a line break that open with a speaker's cue, as the screenplay reads cues."""
    assert lexicon.vocabulary is not None
    lines = _lines(pieces, lexicon.vocabulary)
    opens = [any(block.speaker for block in blocks(line, lexicon)[:1]) for line in lines]
    return sum(opens) / len(opens) if opens else 0.0


def _lines(pieces: Tensor, vocabulary: Vocabulary) -> Iterator[list[str]]:
    """The lines of all pieces that hold words, without each piece's first, which stands behind no line break."""
    for piece in pieces.tolist():
        line: list[str] | None = None
        for word in piece:
            if vocabulary.words[word] == RETURN:
                if line:
                    yield line
                line = []
            elif line is not None:
                line.append(vocabulary.words[word])
        if line:
            yield line
