"""JSON: records at any depth, lines of them, pairs and strings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.training.data.spoken import SPEECHES, corpus_of, expected, speeches_in
from training.data.errors import CorpusError
from training.data.hints import Hints

RECORDS = [{"character": a, "dialogue": b} for a, b in SPEECHES]


@pytest.mark.parametrize(
    "content",
    [
        RECORDS,
        {"show": "x", "episodes": [{"scenes": [{"id": 1, "lines": RECORDS}]}]},
        {"episodes": [{"utterances": [{"speakers": [a], "transcript": b} for a, b in SPEECHES]}]},
        {"messages": [{"id": 1, "content": b, "author": {"id": 2, "name": a}} for a, b in SPEECHES]},
        [[a, b] for a, b in SPEECHES],
        [f"{a}: {b}" for a, b in SPEECHES],
        [{a: b} for a, b in SPEECHES],
        {"conversations": [{"from": a, "value": b} for a, b in SPEECHES]},
    ],
)
def test_speeches_are_found_wherever_they_stand(content: Any, tmp_path: Path) -> None:
    for indent in (None, 2):
        assert speeches_in(corpus_of(tmp_path, "a.json", json.dumps(content, indent=indent))) == expected()


def test_one_record_a_line_and_a_broken_line_is_skipped(tmp_path: Path) -> None:
    rows = "".join(f"{json.dumps(record)}\n" for record in RECORDS)
    corpus = corpus_of(tmp_path, "a.txt", f"{rows}{{'no'}}\n")
    assert speeches_in(corpus) == expected()
    assert [str(skip) for skip in corpus.skips] == ["a.txt line 61: a line that is no JSON"]


def test_keys_may_be_named(tmp_path: Path) -> None:
    text = json.dumps([{"wer": a, "was": b} for a, b in SPEECHES])
    with pytest.raises(
        CorpusError, match=r"it is JSON without a speech .* its records have 'wer', 'was'. Name the keys"
    ):
        corpus_of(tmp_path, "a.json", text)
    assert speeches_in(corpus_of(tmp_path, "a.json", text, Hints(speaker="wer", text="was"))) == expected()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"a":' * 100_000, "lists inside lists, too many to be read"),
        ('[{"character": "a", "dialogue": ' + "9" * 5000 + "}]", "JSON without a speech"),
        ('{"character": "a", "dialogue": "b" "c"}', "begins as JSON does but can't be read"),
    ],
)
def test_other_json_is_refused_in_a_sentence(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=message):
        corpus_of(tmp_path, "a.json", text)
