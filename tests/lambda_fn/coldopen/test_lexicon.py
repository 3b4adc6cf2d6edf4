"""The lexicon: who speaks, and how words are written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from coldopen.lexicon import Lexicon
from coldopen.vocabulary import Vocabulary


def test_a_file_gives_the_lexicon_back(lexicon: Lexicon) -> None:
    assert lexicon.vocabulary is not None
    again = Lexicon.from_bytes(lexicon.to_bytes(), lexicon.vocabulary)
    for name in ("vocabulary", "cues", "casing", "compounds", "line_breaks"):
        assert getattr(again, name) == getattr(lexicon, name)


@pytest.mark.parametrize(
    "edit",
    [
        {"cues": "marla"},
        {"cues": [3]},
        {"cues": [""]},
        {"casing": ["god"]},
        {"casing": {"god": 3}},
        {"compounds": None},
        {"compounds": ["\ud800"]},
        {"line_breaks": 3},
        {"line_breaks": True},
        {"line_breaks": "2"},
        {"more": 1},
    ],
    ids=repr,
)
def test_a_file_that_is_none_is_refused(lexicon: Lexicon, edit: dict[str, Any]) -> None:
    content = json.loads(lexicon.to_bytes())
    with pytest.raises(ValueError, match=r".") as caught:
        Lexicon.from_bytes(json.dumps(content | edit).encode(), Vocabulary(["a"]))
    assert not isinstance(caught.value, json.JSONDecodeError)


@pytest.mark.parametrize("name", ["marla", "mr. pitt", "alex trebek", "man #1", "uncle marla", "mr. leo"])
def test_who_spoke_in_the_scripts_speaks_and_so_do_names_of_the_same_parts(lexicon: Lexicon, name: str) -> None:
    assert lexicon.is_cue(name) == (name != "mr. leo")  # nobody is called leo alone


@pytest.mark.parametrize("name", ["", "here is the plan", "plan", "marla and", "he said"])
def test_nobody_else_speaks(lexicon: Lexicon, name: str) -> None:
    assert not lexicon.is_cue(name)


def test_without_cues_one_word_speaks_and_several_do_if_the_last_is_mostly_a_name(bare_lexicon: Lexicon) -> None:
    assert [bare_lexicon.is_cue(name) for name in ("anybody", "alex trebek", "he said", "here is the plan")] == [
        True, True, False, False,
    ]  # fmt: skip
    assert Lexicon().is_cue("anybody")
    assert not Lexicon().is_cue("alex trebek")


def test_where_it_was_learnt_that_nobody_speaks_nobody_does(bare_lexicon: Lexicon) -> None:
    nobody = Lexicon(bare_lexicon.vocabulary, cues={})
    assert not any(nobody.is_cue(name) for name in ("anybody", "marla", "alex trebek"))
    assert not nobody.speaks("marla")
    assert (nobody.has_cues, bare_lexicon.has_cues, Lexicon().has_cues) == (False, True, False)
    assert nobody.nearest_cues("marl") == ()


def test_a_name_is_more_often_a_cue_than_a_word(bare_lexicon: Lexicon) -> None:
    assert [bare_lexicon.is_name(word) for word in ("marla", "phone", "hello", "")] == [True, False, False, False]


def test_the_nearest_cues_are_never_the_name_itself(lexicon: Lexicon, bare_lexicon: Lexicon) -> None:
    assert lexicon.nearest_cues("mara") == ("marla",)
    assert lexicon.nearest_cues("leo") == ("uncle leo",)
    assert "marla" not in lexicon.nearest_cues("marla")
    assert bare_lexicon.nearest_cues("otta") == ("otto",)


def test_words_are_written_as_learnt_or_else_names_have_capitals(lexicon: Lexicon, bare_lexicon: Lexicon) -> None:
    assert [lexicon.written(word) for word in ("god", "dont", "hello")] == ["God", "don't", "hello"]
    assert [bare_lexicon.written(word) for word in ("god", "marla", "marla's", "phone")] == [
        "god", "Marla", "Marla's", "phone",
    ]  # fmt: skip
