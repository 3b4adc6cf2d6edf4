"""What is measured of pieces, on pieces whose measures can be counted by hand or by brute force."""

from __future__ import annotations

import pytest
import torch

from coldopen.bundle.content import Bundle
from coldopen.lexicon import Lexicon
from coldopen.sampling import Sampling
from coldopen.vocabulary import Vocabulary, tokenise
from coldopen.writer import Writer
from training.evaluation.generation import (
    copied_runs,
    distinct,
    held_out_pieces,
    measure,
    returning,
    self_repetition,
    speaker_lines,
    written_pieces,
)


def test_distinct_is_the_share_of_different_runs_and_no_run_spans_two_scripts() -> None:
    pieces = torch.tensor([[1, 2, 1, 2], [2, 3, 3, 3]])
    assert distinct(pieces, 1) == 3 / 8
    assert distinct(pieces, 2) == 4 / 6  # 12 21 | 23 33
    assert distinct(pieces, 4) == 1


def test_a_script_repeats_itself_only_where_its_own_runs_come_again() -> None:
    repeats, varies = [1, 2, 3, 4, 1, 2, 3, 4], [5, 6, 7, 8, 1, 2, 3, 4]
    assert self_repetition(torch.tensor([repeats])) == pytest.approx(1 / 5)  # 1 2 3 4, of five runs
    assert self_repetition(torch.tensor([varies])) == 0
    assert self_repetition(torch.tensor([repeats, varies])) == pytest.approx(1 / 10)


def test_copied_runs_are_those_that_a_search_finds() -> None:
    generator = torch.Generator().manual_seed(4)
    train = torch.randint(3, (400,), generator=generator)
    pieces = torch.randint(3, (6, 40), generator=generator)
    pieces[2, 5:30] = train[100:125]
    pieces[5, -7:] = train[:7]
    there = {length: {tuple(run) for run in train.unfold(0, length, 1).tolist()} for length in range(1, 41)}

    def is_copied(length: int) -> list[bool]:
        return [tuple(run) in there[length] for run in pieces.unfold(1, length, 1).flatten(0, 1).tolist()]

    longest = max(length for length in there if any(is_copied(length)))
    assert longest >= 25
    for run in (1, 5, 8):
        assert copied_runs(pieces, train, run) == (sum(is_copied(run)) / len(is_copied(run)), longest)


def test_a_whole_script_can_be_copied_and_none_of_it() -> None:
    train = torch.arange(50)
    assert copied_runs(train[10:30].unsqueeze(0), train, 8) == (1.0, 20)
    assert copied_runs(torch.arange(60, 80).unsqueeze(0), train, 8) == (0.0, 0)


def test_lines_behind_a_line_break_are_asked_for_their_speaker() -> None:
    text = "soup. \n\n marla: hello. \n otto (to marla): yes. \n he leaves. \n\n bo: no. \n so"
    words = tokenise(text)
    vocabulary = Vocabulary.of(words)
    assert speaker_lines(torch.tensor([vocabulary.ids(words)]), Lexicon(vocabulary)) == 3 / 5


def test_words_return_in_the_stretches_that_hold_them() -> None:
    first, second, third = [1, 2, 3, *[9] * 47], [2, *[9] * 49], [1, 2, *[9] * 20]
    counts = torch.tensor([False, True, True, True, *[False] * 6])
    assert returning(torch.tensor([first + second + third]), counts) == pytest.approx((1 / 3 + 2 / 3) / 2)
    assert returning(torch.tensor([second + first]), counts) == 1
    assert returning(torch.tensor([[9] * 120]), counts) is None


def test_held_out_pieces_begin_with_a_cue_where_there_is_one() -> None:
    held_out = torch.arange(80_000) % 97
    may_begin = torch.zeros(97, dtype=torch.bool)
    may_begin[13] = True
    pieces = held_out_pieces(held_out, may_begin)
    assert pieces.shape == (100, 300)
    assert pieces[:, 0].tolist() == [13] * 100
    assert len({int(piece[0]) for piece in held_out_pieces(held_out, ~may_begin & may_begin)}) > 1


@pytest.mark.parametrize(("words", "shape"), [(4, (1, 2)), (100, (1, 50)), (1300, (2, 300))])
def test_a_short_text_gives_fewer_and_shorter_pieces(words: int, shape: tuple[int, int]) -> None:
    assert held_out_pieces(torch.arange(words), torch.zeros(words, dtype=torch.bool)).shape == shape


def test_written_pieces_begin_with_the_words_given_and_can_be_had_again(untrained_bundle: Bundle) -> None:
    writer = Writer(untrained_bundle)
    pieces = written_pieces(writer, ["soup", "marla:", "soup"], 20, Sampling(top_k=5))
    assert pieces.shape == (3, 20)
    assert [writer.vocabulary.words[word] for word in pieces[:, 0]] == ["soup", "marla:", "soup"]
    assert not torch.equal(pieces[0], pieces[2])
    assert torch.equal(written_pieces(writer, ["soup", "marla:", "soup"], 20, Sampling(top_k=5)), pieces)
    measures = measure(pieces, pieces.flatten(), writer.lexicon)
    assert (measures.copied, measures.longest_copied) == (1, 20)
