"""Scripts in: what is read, what is skipped, and what is refused."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tests.conftest import SEINFELD_CSV
from training.data.corpus import read_corpus
from training.data.formats import CorpusError

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


def test_a_long_list_of_skips_is_cut(tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", HEADER + "0,A,fine,1,S,1\n" + "x\n" * 9)
    assert "and 4 more" in read_corpus(file).summary()


def test_a_csv_without_a_usable_row_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"no usable line[\s\S]*line 2: too few fields"):
        read_corpus(write(tmp_path / "a.csv", HEADER + "1,B\n"))


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


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    write(tmp_path / "b.txt", "second")
    write(tmp_path / "a.csv", HEADER + "0,A,first,1,S,1\n")
    write(tmp_path / "notes.pdf", b"\xff\xfe")
    corpus = read_corpus(tmp_path)
    assert (corpus.text, corpus.sources) == ("A: first\n\nsecond\n\n", ("a.csv", "b.txt"))


def test_a_csv_of_something_else_among_others_is_left_out_and_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("episode_info.csv", "Season,Title\n1,Pilot\n")
        archive.writestr("scripts.csv", HEADER + "0,A,fine,1,S,1\n")
    corpus = read_corpus(tmp_path / "a.zip")
    assert (corpus.text, corpus.sources) == ("A: fine\n\n", ("scripts.csv",))
    assert "episode_info.csv line 1: the file was left out: episode_info.csv has no Character" in corpus.summary()


def test_a_zip_is_read_like_a_folder(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("deep/b.txt", "second\n")
        archive.writestr("a.txt", "first\n")
        archive.writestr("__MACOSX/a.txt", "junk")
    assert read_corpus(tmp_path / "a.zip").text == "first\nsecond\n"


def test_what_is_not_there_or_holds_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no such file"):
        read_corpus(tmp_path / "absent.txt")
    with pytest.raises(CorpusError, match="is empty"):
        read_corpus(write(tmp_path / "empty.txt", " \n"))
    (tmp_path / "folder").mkdir()
    with pytest.raises(CorpusError, match="holds no script"):
        read_corpus(tmp_path / "folder")
    with pytest.raises(CorpusError, match=r"not a \.zip that can be read"):
        read_corpus(write(tmp_path / "broken.zip", b"PK\x03\x04 cut off"))


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_zip_is_an_error(tmp_path: Path, method: int) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", method) as archive:
        archive.writestr("a.txt", "".join(f"{n} words\n" for n in range(999)))
    data = bytearray((tmp_path / "a.zip").read_bytes())
    data[60:120] = b"\xff" * 60
    with pytest.raises(CorpusError, match=r"can't be read|not a \.zip that can be read"):
        read_corpus(write(tmp_path / "a.zip", bytes(data)))


def test_the_default_corpus_is_96_real_episodes() -> None:
    corpus = read_corpus(None)
    assert len(corpus.sources) == 96
    assert "LOL" not in corpus.text
    assert corpus.text.count("GEORGE: ") > 3000


@pytest.mark.skipif(not SEINFELD_CSV.exists(), reason="Kaggle's file is not on this machine")
def test_kaggle_s_file_is_read_whole() -> None:
    corpus = read_corpus(SEINFELD_CSV)
    assert (corpus.text.count("\n\n"), corpus.skips) == (54_185, ())
