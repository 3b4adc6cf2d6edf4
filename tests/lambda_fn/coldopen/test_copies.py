"""Copies: every run of the text is found again, few others are, and a file that is no filter is refused."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable

import pytest

from coldopen.copies import Copies

_HEADER = 24


@pytest.fixture(scope="module")
def ids() -> list[int]:
    """A text of 20,000 words from a vocabulary of 2,000."""
    rng = random.Random(1)
    return [rng.randrange(2_000) for _ in range(20_000)]


@pytest.fixture(scope="module")
def copies(ids: list[int]) -> Copies:
    return Copies.of(ids)


def test_every_run_of_the_text_is_held(ids: list[int], copies: Copies) -> None:
    assert copies.size == 8
    assert all(copies.holds(ids[begin : begin + 8]) for begin in range(len(ids) - 7))


def test_few_runs_that_are_not_in_the_text_are_held(copies: Copies) -> None:
    rng = random.Random(2)
    others = [[rng.randrange(2_000) for _ in range(8)] for _ in range(20_000)]
    assert sum(map(copies.holds, others)) / len(others) < 0.005
    assert len(copies.to_bytes()) < 20_000 * 12 / 8 + 100


def test_a_run_is_its_words_in_their_order(ids: list[int], copies: Copies) -> None:
    assert not copies.holds(ids[7::-1])
    assert not copies.holds([*ids[:7], 2_001])


def test_a_filter_reads_as_it_was_written(ids: list[int], copies: Copies) -> None:
    data = copies.to_bytes()
    read = Copies.from_bytes(data)
    assert read.to_bytes() == data
    assert read.size == 8
    assert all(read.holds(ids[begin : begin + 8]) for begin in range(0, len(ids) - 7, 50))
    assert Copies.of(ids).to_bytes() == data


def test_a_text_shorter_than_a_run_has_none() -> None:
    read = Copies.from_bytes(Copies.of([1, 2, 3]).to_bytes())
    assert not read.holds([1, 2, 3, 4, 5, 6, 7, 8])


def test_runs_with_a_word_that_no_script_has_are_left_out(ids: list[int]) -> None:
    text = [*ids[:10], 5_000, *ids[10:17], 5_000, *ids[17:30]]
    copies = Copies.of(text, unwritten=5_000)
    held = [begin for begin in range(len(text) - 7) if copies.holds(text[begin : begin + 8])]
    assert held == [0, 1, 2, *range(19, 25)]
    assert copies.to_bytes() == Copies.of(text, unwritten=5_000).to_bytes()


def test_runs_may_have_another_size(ids: list[int]) -> None:
    fours = Copies.from_bytes(Copies.of(ids[:1_000], size=4).to_bytes())
    assert fours.size == 4
    assert fours.holds(ids[10:14])
    with pytest.raises(struct.error):
        fours.holds(ids[10:18])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda _: b"", "does not begin as a filter of runs does"),
        (lambda data: data[: _HEADER - 1], "does not begin as a filter of runs does"),
        (lambda data: b"PK" + data[2:], "does not begin as a filter of runs does"),
        (lambda data: data[:4] + b"\2" + data[5:], "format version 2; this version of Cold Open reads 1"),
        (lambda data: data[:5] + b"\0" + data[6:], "runs of 0 words, with 8 hashes"),
        (lambda data: data[:6] + b"\0" + data[7:], "runs of 8 words, with 0 hashes"),
        (lambda data: data[:-1], "its header says 240,000 bits, 239,992 are there"),
        (lambda data: data[:8] + bytes(8) + data[16:_HEADER], "it holds no bits"),
        (lambda data: data[:_HEADER] + b"\xff" * (len(data) - _HEADER), "so many of its bits are set"),
    ],
)
def test_a_file_that_is_no_filter_is_refused(ids: list[int], damage: Callable[[bytes], bytes], message: str) -> None:
    data = Copies.of([*ids, *ids[:7]][:20_007]).to_bytes()
    with pytest.raises(ValueError, match=message):
        Copies.from_bytes(damage(data))
