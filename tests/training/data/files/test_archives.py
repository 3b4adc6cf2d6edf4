"""Archives and compressed files: told by their bytes, read within limits, nothing in them leaves them."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.training.data.spoken import corpus_of, expected, lines, speeches_in
from training.data.corpus import read_corpus
from training.data.errors import CorpusError
from training.data.files import limits

TEXT = lines("{name}: {text}\n")


def zipped(files: dict[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A .zip of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def tarred(files: dict[str, str], mode: str = "w", **links: bytes) -> bytes:
    """A tar archive of these files, and of members of other types by their names."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
        for name, kind in links.items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(TEXT.encode()),
        bz2.compress(TEXT.encode()),
        lzma.compress(TEXT.encode()),
        zipped({"a/b.txt": TEXT}),
        tarred({"a.txt": TEXT}),
        tarred({"a.txt": TEXT}, "w:gz"),
        tarred({"a.txt": TEXT}, "w:xz"),
        zipped({"a.tsv.gz": gzip.compress(b"name\ttext\n" + lines("{name}\t{text}\n").encode())}),
    ],
    ids=["gz", "bz2", "xz", "zip", "tar", "tar.gz", "tar.xz", "gz in a zip"],
)
@pytest.mark.parametrize("name", ["a.txt.gz", "noext"])
def test_a_packed_file_is_unpacked_whatever_its_name(data: bytes, name: str, tmp_path: Path) -> None:
    assert speeches_in(corpus_of(tmp_path, name, data)) == expected()


def test_a_zip_is_read_like_a_folder(tmp_path: Path) -> None:
    data = zipped({"deep/b.txt": "second\n", "a.txt": "first\n", "__MACOSX/a.txt": "junk"})
    corpus = corpus_of(tmp_path, "a.zip", data)
    assert (corpus.text, corpus.sources) == ("first\nsecond\n", ("a.txt", "deep/b.txt"))


def test_members_that_would_leave_the_archive_are_left_out_and_named(tmp_path: Path) -> None:
    names = ("../up.txt", "/abs.txt", "a/../../up.txt", "..\\up.txt", "C:\\up.txt")
    for data in (zipped(dict.fromkeys((*names, "ok.txt"), TEXT)), tarred(dict.fromkeys((*names, "ok.txt"), TEXT))):
        corpus = corpus_of(tmp_path / "in" / "side", "a", data)
        assert corpus.sources == ("ok.txt",)
        assert {file.name for file in corpus.left_out} == set(names)
        assert {file.reason for file in corpus.left_out} == {"its name leads out of the archive"}
    assert [file.name for file in tmp_path.rglob("*.txt")] == []


def test_links_and_devices_in_an_archive_are_left_out(tmp_path: Path) -> None:
    data = tarred({"ok.txt": TEXT}, soft=tarfile.SYMTYPE, hard=tarfile.LNKTYPE, pipe=tarfile.FIFOTYPE)
    corpus = corpus_of(tmp_path, "a.tar", data)
    assert [str(file) for file in corpus.left_out] == [
        f"{name}: it is a link or a device, which an archive of scripts has no need of"
        for name in ("hard", "pipe", "soft")
    ]
    link = zipfile.ZipInfo("link.txt")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr("ok.txt", TEXT)
    assert read_corpus(tmp_path / "a.zip").sources == ("ok.txt",)


def zeros(size: int) -> io.BytesIO:
    """A gzip file of so many zero bytes."""
    out = io.BytesIO()
    with gzip.open(out, "wb", compresslevel=1) as stream:
        for _ in range(size // 2**20):
            stream.write(bytes(2**20))
    return out


@pytest.mark.parametrize("packed", [False, True])
def test_what_unpacks_to_too_much_is_refused(packed: bool, tmp_path: Path) -> None:
    data = zeros(limits.MOST_BYTES + 2**20).getvalue()
    with pytest.raises(CorpusError, match="with it the scripts have more than 256 MiB, unpacked"):
        corpus_of(tmp_path, "a", zipped({"in/a.gz": data}) if packed else data)


def test_a_word_document_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    archive = zipfile.ZipFile(tmp_path / "a.docx", "w", zipfile.ZIP_DEFLATED, compresslevel=1)
    with archive, archive.open("word/document.xml", "w") as stream:
        for _ in range(limits.MOST_BYTES // 2**20 + 1):
            stream.write(bytes(2**20))
    with pytest.raises(CorpusError, match="more than 256 MiB, unpacked"):
        read_corpus(tmp_path / "a.docx")


def test_too_many_files_and_archives_in_archives_are_refused(tmp_path: Path) -> None:
    data: bytes = zipped({"a.txt": TEXT})
    for _ in range(4):
        data = zipped({"a.zip": data})
    with pytest.raises(CorpusError, match="it stands in 3 archives inside each other: unpack them"):
        corpus_of(tmp_path, "a.zip", data)
    many = zipped({f"{n}.txt": "x" for n in range(limits.MOST_FILES + 1)}, zipfile.ZIP_STORED)
    with pytest.raises(CorpusError, match=r"many\.zip holds more than 50,000 files"):
        corpus_of(tmp_path, "many.zip", many)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (gzip.compress(TEXT.encode())[:-20], "is gzip but can't be unpacked"),
        (bz2.compress(TEXT.encode())[:-20], "is bzip2 but can't be unpacked"),
        (lzma.compress(TEXT.encode())[:-20], "is xz but can't be unpacked"),
        (b"PK\x03\x04 cut off", "is not a .zip that can be read"),
        (zipped({"xl/workbook.xml": "x", "[Content_Types].xml": "x"}), "an Excel workbook: save its sheet as CSV"),
        (b"7z\xbc\xaf\x27\x1c123", "a 7z archive: unpack it, or make a .zip of it"),
        (b"\x80\x04\x95abc", "a Python pickle, which is never opened"),
        (b"\x89PNG\r\n\x1a\n", "a picture: scripts are text"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "a pointer of Git LFS"),
    ],
)
def test_what_can_t_be_read_says_what_it_is(data: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=message):
        corpus_of(tmp_path, "a.txt", data)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_zip_is_an_error(tmp_path: Path, method: int) -> None:
    data = bytearray(zipped({"a.txt": "".join(f"{n} words\n" for n in range(999))}, method))
    data[60:120] = b"\xff" * 60
    with pytest.raises(CorpusError, match=r"can't be read|not a \.zip that can be read"):
        corpus_of(tmp_path, "a.zip", bytes(data))


def test_a_tar_whose_header_lies_is_refused(tmp_path: Path) -> None:
    data = bytearray(tarred({"a.txt": TEXT}))
    data[124:136] = b"77777777777\0"  # 8 GiB; the checksum is then wrong
    with pytest.raises(CorpusError, match="is not a tar archive that can be read"):
        corpus_of(tmp_path, "a.tar", bytes(data))
