"""Scripts in: what a corpus is made of, and that the real ones are read to the letter."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tests.conftest import SEINFELD_CSV, SEINFELD_TEXT
from tests.training.data.spoken import corpus_of, lines, written
from training.data.corpus import read_corpus, text_to_learn
from training.data.errors import CorpusError

HEADER = ",Character,Dialogue,EpisodeNo,SEID,Season\n"


def test_a_csv_without_a_usable_row_is_an_error_of_bounded_length(tmp_path: Path) -> None:
    with pytest.raises(
        CorpusError, match=r"no script that can be used: a\.csv line 2: too few fields: 1 of 6"
    ) as caught:
        corpus_of(tmp_path, "a.csv", HEADER + "x\n" * 5000)
    assert "and so 4,999 lines more" in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_csv_of_something_else_among_others_is_left_out_and_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("episode_info.csv", "Season,Title\n1,Pilot\n")
        archive.writestr("scripts.csv", HEADER + "0,A,fine,1,S,1\n")
    corpus = read_corpus(tmp_path / "a.zip")
    assert (corpus.text, corpus.sources) == ("A: fine\n\n", ("scripts.csv",))
    assert str(corpus.left_out[0]).startswith("episode_info.csv: it has no column of speech that is known by its name")


def test_plain_text_is_taken_as_it_is(tmp_path: Path, diner: str) -> None:
    assert corpus_of(tmp_path, "diner.txt", diner).text == diner


def test_a_line_with_nuls_is_skipped(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, "a.txt", b"one\nt\0w\0o\0\n")
    assert (corpus.text, [skip.line for skip in corpus.skips]) == ("one\n", [2])


def test_broken_characters_are_mended_where_a_text_is_folded(tmp_path: Path) -> None:
    text = corpus_of(tmp_path, "a.txt", lines("{name}: {text} they?ve \u201csoup\u201d\n")).text
    assert text.count("they?ve") == 60
    folded = text_to_learn(text, {"training": {"fold": True}})
    assert folded.count('they\'ve "soup"') == 60
    assert text_to_learn(text, {"training": {"fold": False}}) == text_to_learn(text, {}) == text


def test_contractions_are_united_where_a_preset_says_so(tmp_path: Path) -> None:
    said = lines("{name}: {text} I don't. It's not. He's ill.\n")
    text = corpus_of(tmp_path, "a.txt", said * 6 + said.replace("'", "")).text
    assert text_to_learn(text, {"training": {"fold": True, "contractions": True}}) == said * 7
    for training in ({"fold": True}, {"fold": True, "contractions": False}, {"fold": False, "contractions": True}):
        assert text_to_learn(text, {"training": training}) == text


def test_the_same_scripts_packed_otherwise_have_the_same_digest(tmp_path: Path) -> None:
    text = lines("{name}: {text}\n")
    plain = corpus_of(tmp_path, "a.txt", text)
    assert corpus_of(tmp_path, "b.txt", text.encode("utf-16")).sha256 == plain.sha256
    assert read_corpus(written(tmp_path, "c/a.txt", text).parent).sha256 == plain.sha256


def test_the_default_corpus_is_96_real_episodes() -> None:
    corpus = read_corpus(None)
    assert len(corpus.sources) == 96
    assert "LOL" not in corpus.text
    assert corpus.text.count("GEORGE: ") > 3000


@pytest.mark.skipif(not SEINFELD_CSV.exists(), reason="Kaggle's file is not on this machine")
def test_kaggle_s_file_is_read_whole() -> None:
    corpus = read_corpus(SEINFELD_CSV)
    assert (corpus.text.count("\n\n"), corpus.skips) == (54_185, ())


@pytest.mark.skipif(not SEINFELD_TEXT.exists(), reason="the original's corpus is not on this machine")
def test_the_original_s_corpus_is_read_to_the_letter() -> None:
    corpus = read_corpus(SEINFELD_TEXT)
    assert corpus.text == SEINFELD_TEXT.read_text(encoding="utf-8-sig")
    assert corpus.scripts[0].layout == "`NAME: text`"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("-- MySQL dump\n\nINSERT INTO `lines` VALUES (1,'a','b');\n", "it is a dump of a database: save its table"),
        ("- speaker: Marla\n  text: Soup\n" * 9, "it is YAML: save it as JSON"),
    ],
)
def test_what_is_data_for_a_program_is_named(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(text)
    with pytest.raises(CorpusError, match=message):
        read_corpus(tmp_path / "a.txt")
