"""English's counts: read from a pickle of which nothing is made but counts."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from tests.training.data.english_tables import english_table
from training.data import english
from training.data.english import english_of, read_english
from training.data.errors import CorpusError

SENTENCES = ["The god of soup .", "Oh God , my God .", "God knows .", "They saw Otto in New York .", "A new cup ."]


def test_words_are_counted_however_they_are_written() -> None:
    counts = english_of(english_table(SENTENCES))
    assert (counts.total("god"), counts.total("otto"), counts.total("tea")) == (4, 1, 0)


def test_a_sentence_s_start_does_not_count_for_words_that_are_written_in_two_ways() -> None:
    counts = english_of(english_table(SENTENCES))
    assert counts.inside("god") == {"god": 1, "God": 2}
    assert counts.inside("otto") == {"Otto": 1}
    assert counts.inside("tea") == {}


def test_pairs_are_counted_as_both_words_are_written() -> None:
    counts = english_of(english_table(SENTENCES))
    assert counts.pair("new", "york") == ({"New": 1}, {"York": 1})
    assert counts.pair("new", "cup") == ({"new": 1}, {"cup": 1})
    assert counts.pair("new", "god") == ({}, {})


class Attack:
    """Unpickling this would write a file."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.trace,))


def test_a_pickle_that_holds_more_than_counts_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    trace = tmp_path / "opened"
    with pytest.raises(pickle.UnpicklingError, match=r"it holds pathlib\S* which is no count; it was not read"):
        english_of(pickle.dumps({"uni_dist": Attack(trace)}))
    with pytest.raises(pickle.UnpicklingError, match="which is no count"):
        english_of(b"cos\nsystem\n(S'true'\ntR.")
    assert not trace.exists()


@pytest.mark.parametrize("data", [b"", b"junk", pickle.dumps([1]), pickle.dumps({"uni_dist": 3})])
def test_a_damaged_table_is_named(data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(english, "_FILE", tmp_path / "english.dist")
    (tmp_path / "english.dist").write_bytes(data)
    with pytest.raises(CorpusError, match=r"english\.dist is damaged: .*Remove it, and it is fetched again"):
        read_english()
