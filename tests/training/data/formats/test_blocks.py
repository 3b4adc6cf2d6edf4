"""Blocks of keys and values."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.data.spoken import corpus_of, expected, lines, speeches_in


@pytest.mark.parametrize(
    "form",
    [
        "Speaker: {name}\nText: {text}\n\n",
        "time: 0:{n}\nspeaker: {name}\nline: {text}\n\n",
        '[line]\nspeaker = "{name}"\ntext = "{text}"\n\n',
        "[{n}]\ncharacter={name}\ndialogue={text}\n",
    ],
)
def test_a_key_a_line_is_no_speaker(form: str, tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, "a.txt", lines(form))
    assert speeches_in(corpus) == expected()
    assert corpus.scripts[0].format == "blocks of keys and values"


def test_a_line_without_a_key_goes_on(tmp_path: Path) -> None:
    text = lines("Speaker: {name}\nText: {text}\nand on\n\n")
    assert speeches_in(corpus_of(tmp_path, "a.txt", text)) == [(a, f"{b} and on") for a, b in expected()]
