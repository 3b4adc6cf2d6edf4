"""The formats of script files, and what of them is skipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.data.corpus import read_corpus
from training.data.errors import CorpusError

HEADER = ",Character,Dialogue,EpisodeNo,SEID,Season\n"


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_csv_rows_become_speeches(tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", HEADER + '0,MARLA,"Soup, please.",1.0,S01E01,1.0\n1,OTTO,No,1.0,S01E01,1.0\n')
    assert read_corpus(file).text == "MARLA: Soup, please.\n\nOTTO: No\n\n"


def test_csv_needs_no_index_column(tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", "Character,Dialogue,EpisodeNo,SEID,Season\r\nMARLA,Hi,1.0,S01E01,1.0\r\n")
    assert read_corpus(file).text == "MARLA: Hi\n\n"


def test_a_line_break_in_a_quoted_field_stays_within_the_speech(tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", HEADER + '0,MARLA,"One\ntwo ""three""",1.0,S01E01,1.0\n')
    assert read_corpus(file).text == 'MARLA: One two "three"\n\n'


def test_unusable_rows_are_skipped_and_named_by_line(tmp_path: Path) -> None:
    rows = b"0,A,fine,1,S,1\n1,B,too few\n2,C,too,many,1,S,1,1\n3,D,,1,S,1\n4,E,st\xffray,1,S,1\n5,F,good,1,S,1\n"
    corpus = read_corpus(write(tmp_path / "a.csv", HEADER.encode() + rows))
    assert corpus.text == "A: fine\n\nF: good\n\n"
    assert [(skip.line, skip.reason) for skip in corpus.skips] == [
        (3, "too few fields: 3 of 6"),
        (4, "too many fields: 8 of 6"),
        (5, "empty dialogue"),
        (6, "bytes that are not UTF-8 text"),
    ]
    assert "skipped 4 unusable lines" in corpus.summary()
    assert "a.csv line 4: too many fields: 8 of 6" in corpus.summary()


@pytest.mark.parametrize("broken", ['1,B,"never closed,1,S,1', '1,B,"closed" too early",1,S,1'])
def test_a_stray_quotation_mark_costs_its_own_row_only(tmp_path: Path, broken: str) -> None:
    text = HEADER + f'0,A,fine,1,S,1\n{broken}\n2,C,"good, too",1,S,1\n3,D,last,1,S,1\n'
    corpus = read_corpus(write(tmp_path / "a.csv", text))
    assert corpus.text == "A: fine\n\nC: good, too\n\nD: last\n\n"
    assert [skip.line for skip in corpus.skips] == [3]


def test_a_csv_of_something_else_is_an_error_that_names_the_columns(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="Character, Dialogue, EpisodeNo, SEID, Season"):
        read_corpus(write(tmp_path / "a.csv", "name,line\nA,hello\n"))


def test_plain_text_is_taken_as_it_is(tmp_path: Path, diner: str) -> None:
    assert read_corpus(write(tmp_path / "diner.txt", diner)).text == diner


def test_a_line_of_plain_text_with_stray_bytes_is_skipped(tmp_path: Path) -> None:
    corpus = read_corpus(write(tmp_path / "a.txt", b"one\ntw\xe9\nthree\n"))
    assert (corpus.text, [skip.line for skip in corpus.skips]) == ("one\nthree\n", [2])


def test_text_with_null_bytes_is_no_text(tmp_path: Path) -> None:
    corpus = read_corpus(write(tmp_path / "a.txt", b"one\nt\0w\0o\0\n"))
    assert (corpus.text, [skip.line for skip in corpus.skips]) == ("one\n", [2])


def test_utf_16_is_read_where_it_says_so(tmp_path: Path) -> None:
    assert read_corpus(write(tmp_path / "a.txt", "one\r\nzwölf\n".encode("utf-16"))).text == "one\nzwölf\n"
    with pytest.raises(CorpusError, match="begins as UTF-16 does but is not"):
        read_corpus(write(tmp_path / "b.txt", b"\xff\xfeo"))


def test_merged_transcripts_lose_times_and_laughter(tmp_path: Path) -> None:
    text = "# MARLA\n1.106\nSoup for\none.\n3.050\n3.600\n**LOL**\n4.0\nHot.\n5\n# OTTO\n6.1\nNo.\n7.2\n"
    assert read_corpus(write(tmp_path / "a.merged", text)).text == "MARLA: Soup for one. Hot.\n\nOTTO: No.\n\n"
