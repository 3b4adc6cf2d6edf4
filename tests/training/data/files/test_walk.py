"""The files that a path means: in order, what is left out named, pipes and links refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.training.data.spoken import written
from training.data.corpus import read_corpus
from training.data.errors import CorpusError


def test_a_folder_is_read_in_the_order_of_its_names_by_content(tmp_path: Path) -> None:
    written(tmp_path, "b.txt", "second")
    written(tmp_path, "a.csv", "Character,Dialogue\nA,first\n")
    written(tmp_path, "c/noext", "third")
    corpus = read_corpus(tmp_path)
    assert (corpus.text, corpus.sources) == ("A: first\n\nsecond\n\nthird\n\n", ("a.csv", "b.txt", "c/noext"))


def test_each_file_left_out_is_named_with_why(tmp_path: Path) -> None:
    written(tmp_path, "a.txt", "A: first\n")
    written(tmp_path, "d.docx", b"PK\x03\x04xx")
    written(tmp_path, "e.txt", "")
    written(tmp_path, "p.png", b"\x89PNG")
    written(tmp_path, "README.md", "about")
    written(tmp_path, "tool.py", "x = 1")
    written(tmp_path, ".git/config", "hidden")
    (tmp_path / "link.txt").symlink_to(tmp_path / "a.txt")
    (tmp_path / "up").symlink_to(tmp_path.parent)
    os.mkfifo(tmp_path / "pipe.txt")
    corpus = read_corpus(tmp_path)
    assert corpus.sources == ("a.txt",)
    left_out = {file.name: file.reason for file in corpus.left_out}
    assert left_out.pop("d.docx").startswith("it is not a .zip that can be read")
    assert left_out == {
        "e.txt": "it is empty",
        "p.png": "it is a picture: scripts are text",
        "README.md": "its name says that it is about the others: give it by itself if it is a script",
        "tool.py": "its name says that it is code or settings: give it by itself if it is a script",
        ".git": "it is hidden, a system's own",
        "link.txt": "it is a link: give what it points to",
        "up": "it is a link: give what it points to",
        "pipe.txt": "it is a pipe or a device, not a file: write what it gives to a file first",
    }


def test_an_archive_in_a_folder_is_read_and_a_broken_one_left_out(tmp_path: Path) -> None:
    import gzip

    written(tmp_path, "a.txt.gz", gzip.compress(b"first\n"))
    written(tmp_path, "b.gz", gzip.compress(b"second\n")[:-4])
    corpus = read_corpus(tmp_path)
    assert (corpus.text, corpus.sources, corpus.left_out[0].name) == ("first\n", ("a.txt",), "b.gz")


@pytest.mark.parametrize("name", ["pipe", "/dev/zero"])
def test_a_pipe_or_a_device_is_refused_and_never_waited_for(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if name == "pipe":
        os.mkfifo(path)
    with pytest.raises(CorpusError, match="it is a pipe or a device, not a file"):
        read_corpus(path)


def test_what_is_not_there_or_holds_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no such file"):
        read_corpus(tmp_path / "absent.txt")
    with pytest.raises(CorpusError, match="it is empty"):
        read_corpus(written(tmp_path, "empty.txt", " \n"))
    (tmp_path / "folder").mkdir()
    with pytest.raises(CorpusError, match="holds no script: there is no file in it"):
        read_corpus(tmp_path / "folder")
    written(tmp_path, "folder/a.png", b"\x89PNG")
    with pytest.raises(CorpusError, match=r"holds no script that can be used: a\.png: it is a picture"):
        read_corpus(tmp_path / "folder")
