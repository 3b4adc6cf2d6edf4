"""Scripts in: what is read, what is skipped, and what is refused."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tests.conftest import SEINFELD_CSV
from training.data.corpus import read_corpus
from training.data.errors import CorpusError

HEADER = ",Character,Dialogue,EpisodeNo,SEID,Season\n"


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_a_long_list_of_skips_is_cut(tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", HEADER + "0,A,fine,1,S,1\n" + "x\n" * 9)
    assert "and 4 more" in read_corpus(file).summary()


def test_a_csv_without_a_usable_row_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"no usable line[\s\S]*line 2: too few fields"):
        read_corpus(write(tmp_path / "a.csv", HEADER + "1,B\n"))


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
