"""Lines of text in whatever encoding and with whatever line ends."""

from __future__ import annotations

import codecs
import io

import pytest

from training.batch.text import lines_of


@pytest.mark.parametrize(
    "data",
    [
        b"soup\ncaf\xc3\xa9\n",
        b"\xef\xbb\xbfsoup\r\ncaf\xc3\xa9\r\n",
        b"soup\rcaf\xc3\xa9\r",
        b"soup\ncaf\xe9\n",
        codecs.BOM_UTF16_LE + "soup\r\ncaf\u00e9\r\n".encode("utf-16-le"),
        codecs.BOM_UTF16_BE + "soup\ncaf\u00e9\n".encode("utf-16-be"),
        codecs.BOM_UTF32_LE + "soup\ncaf\u00e9\n".encode("utf-32-le"),
    ],
    ids=["utf-8", "mark and crlf", "cr", "latin-1", "utf-16-le", "utf-16-be", "utf-32"],
)
def test_lines_are_read_as_people_save_them(data: bytes) -> None:
    assert list(lines_of(io.BytesIO(data))) == ["soup\n", "caf\u00e9\n"]


@pytest.mark.parametrize(("data", "lines"), [(b"", []), (b"\xef\xbb\xbf", []), (b"soup", ["soup"]), (b"\n", ["\n"])])
def test_a_file_may_be_empty_or_end_without_a_line_end(data: bytes, lines: list[str]) -> None:
    assert list(lines_of(io.BytesIO(data))) == lines
