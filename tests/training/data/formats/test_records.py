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
        {"scenes": [{"title": "Hall", "lines": [{"character": a, "text": b} for a, b in SPEECHES]}]},
        {"text": "all of it", "segments": [{"speaker": a, "text": b} for a, b in SPEECHES]},
        [{"role": a, "content": [{"type": "text", "text": b}]} for a, b in SPEECHES],
        {"speaker": [a for a, _ in SPEECHES], "text": [b for _, b in SPEECHES]},
        {"speaker": {str(n): a for n, (a, _) in enumerate(SPEECHES)}, "text": dict(enumerate(b for _, b in SPEECHES))},
        {"columns": ["speaker", "text"], "index": [1], "data": [[a, b] for a, b in SPEECHES]},
        {name: [b for a, b in SPEECHES if a == name] for name in dict(SPEECHES)},
        {"episode": "1", "script": "".join(f"{a}: {b}\n" for a, b in SPEECHES)},
        [{"text": "".join(f"{a.upper()}\n{b}\n\n" for a, b in SPEECHES)}, {"text": ""}],
    ],
)
def test_speeches_are_found_wherever_they_stand(content: Any, tmp_path: Path) -> None:
    for indent in (None, 2):
        found = speeches_in(corpus_of(tmp_path, "a.json", json.dumps(content, indent=indent)))
        assert sorted((name.title(), text) for name, text in found) == sorted(expected())


def test_one_record_a_line_and_a_broken_line_is_skipped(tmp_path: Path) -> None:
    rows = "".join(f"{json.dumps(record)}\n" for record in RECORDS)
    corpus = corpus_of(tmp_path, "a.txt", f"{rows}{{'no'}}\n")
    assert speeches_in(corpus) == expected()
    assert [str(skip) for skip in corpus.skips] == ["a.txt line 61: a line that is no JSON"]


@pytest.mark.parametrize(
    "text",
    [
        repr(RECORDS),
        "\n".join(map(repr, RECORDS)),
        repr(SPEECHES),
        "".join(json.dumps(record, indent=1) for record in RECORDS),
        ",\n".join(json.dumps(record, indent=1) for record in RECORDS),
    ],
)
def test_what_python_prints_and_records_in_a_row_are_read(text: str, tmp_path: Path) -> None:
    assert speeches_in(corpus_of(tmp_path, "a.json", text)) == expected()


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
