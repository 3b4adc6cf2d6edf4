"""Cues: the names before a colon at a line's beginning, and nothing else that a colon stands behind."""

from __future__ import annotations

import pytest

from training.data.cues import cue_counts, cue_of, without_cue


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("otto: soup!", "otto"),
        ("OTTO: Soup!", "otto"),
        ("  Otto: soup!", "otto"),
        ("mr. pitt: soup!", "mr. pitt"),
        ("jean-paul: soup!", "jean-paul"),
        ("man #1: soup!", "man #1"),
        ("otto & marla: soup!", "otto & marla"),
        ("otto (to marla): soup!", "otto"),
        ("otto (he is, as ever, late; he sits down and takes all of the bread) : soup!", "otto"),
        ("one two three four five six seven eight: soup!", "one two three four five six seven eight"),
        ("one two three four five six seven eight nine: soup!", ""),
        ("[Setting: a diner]", ""),
        ("here, i say: soup!", ""),
        ("soup! he says: more.", ""),
        ("it is 5:30 now", ""),
        ("see http://diner.example", ""),
        (": soup!", ""),
        ("(to otto): soup!", ""),
        ("soup", ""),
        ("", ""),
    ],
)
def test_who_speaks(line: str, name: str) -> None:
    assert cue_of(line) == name


def test_cues_are_counted_the_most_frequent_first() -> None:
    counts = cue_counts("bo: a.\n\notto: a.\n\nOtto (sits): b.\n[Setting: a diner]\n")
    assert list(counts.items()) == [("otto", 2), ("bo", 1)]


def test_where_few_lines_have_a_cue_a_name_must_come_twice() -> None:
    action = "they eat.\n" * 4
    assert cue_counts(f"{action}otto: a.\nnote: b.\notto: c.\n") == {"otto": 2}
    assert cue_counts("they eat.\n\notto: a.\n\nnote: b.\n") == {"otto": 1, "note": 1}


def test_what_is_said_stands_behind_the_cue() -> None:
    assert without_cue("otto (sits): soup: hot!") == " soup: hot!"
    assert without_cue("it is 5:30 now") == "it is 5:30 now"
    assert without_cue("[Setting: a diner]") == "[Setting: a diner]"
