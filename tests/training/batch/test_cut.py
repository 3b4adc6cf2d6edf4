"""Batches: what one invocation can answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from coldopen.batch import answer_batch
from coldopen.bundle.read import read_bundle
from coldopen.writer import Writer
from training.batch.cut import MAX_BYTES, MAX_REQUESTS, MAX_WORDS, batches, bytes_of, words_of
from training.batch.primes import Line


def lines(*fields: dict[str, Any]) -> Iterator[Line]:
    return (Line(number, it) for number, it in enumerate(fields, 1))


def test_a_batch_has_so_many_words() -> None:
    sizes = [len(batch) for batch in batches(lines(*[{"prime": "jerry", "length": 300}] * 200))]
    assert sizes == [33, 33, 33, 33, 33, 33, 2]
    assert 33 * 300 <= MAX_WORDS < 34 * 300


def test_short_scripts_are_many() -> None:
    first, *_ = batches(lines(*[{"prime": "jerry", "length": 1}] * (MAX_REQUESTS + 1)))
    assert MAX_REQUESTS / 2 < len(first) <= MAX_REQUESTS


def test_of_nothing_there_is_no_batch() -> None:
    assert not list(batches(lines()))


@given(st.lists(st.tuples(st.integers(0, 70_000), st.integers(1, 3000)), max_size=40))
def test_no_line_is_lost_and_no_batch_too_large_but_of_a_line_that_is(shapes: list[tuple[int, int]]) -> None:
    wanted = [{"prime": "x" * size, "length": length} for size, length in shapes]
    found = list(batches(lines(*wanted)))
    assert [line.fields for batch in found for line in batch] == wanted
    for batch in found:
        words = [words_of(line.fields) for line in batch]
        size = sum(bytes_of(line.fields, count) for line, count in zip(batch, words, strict=True))
        assert len(batch) == 1 or (sum(words) <= MAX_WORDS and size <= MAX_BYTES)


def test_a_batch_and_its_answers_fit_into_a_state(trained_run: Path) -> None:
    """Step Functions holds 262,144 bytes at most; the worst are many short scripts, errors, and long primes."""
    writer = Writer(read_bundle(str(trained_run / "bundle")))
    kinds: list[dict[str, Any]] = [
        {"prime": "otto", "length": 1},
        {"prime": "x" * 59},
        {"prime": "otto " * 10_000, "length": 1000, "n": 8},
    ]
    for fields in kinds:
        batch = next(batches(lines(*[{**fields, "seed": 2**32 - 1, "format": "fountain"}] * 600)))
        requests = [line.fields for line in batch]
        state = {"requests": requests, "answers": answer_batch(writer, requests, 1000, writer.copies).contents}
        assert len(json.dumps(state)) < 262_144 - 5000  # what else is in it


def test_words_are_counted_as_they_may_come() -> None:
    assert words_of({"prime": "jerry"}) == 100
    assert words_of({"length": 300, "n": 8, "end": "sentence"}) == 8 * 330
    assert words_of({"lines": 4}) == 1000
    assert words_of({"length": 10**9}) == 1000  # the function refuses it
    wrongs: tuple[Any, ...] = ("many", -1, 0, None, [], 1.5)
    for wrong in wrongs:
        assert words_of({"length": wrong, "n": wrong}) == 100
