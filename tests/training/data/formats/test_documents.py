"""Word documents, PDFs and Final Draft's files."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from docx import Document
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from tests.training.data.spoken import SPEECHES, corpus_of, expected, speeches_in
from training.data.errors import CorpusError

Make = Callable[[list[str]], bytes]


def docx(lines: list[str]) -> bytes:
    """A Word document of these paragraphs."""
    document, out = Document(), io.BytesIO()
    for line in lines:
        document.add_paragraph(line)
    document.save(out)
    return out.getvalue()


def pdf(lines: list[str]) -> bytes:
    """A PDF of these lines, forty a page."""
    writer, out = PdfWriter(), io.BytesIO()
    font = DictionaryObject({NameObject("/Type"): NameObject("/Font"), NameObject("/Subtype"): NameObject("/Type1")})
    font[NameObject("/BaseFont")] = NameObject("/Courier")
    for start in range(0, len(lines), 40):
        page = writer.add_blank_page(612, 792)
        fonts = DictionaryObject({NameObject("/F1"): font})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        stream = DecodedStreamObject()
        shown = "".join(f"({line}) Tj T* " for line in lines[start : start + 40])
        stream.set_data(f"BT /F1 10 Tf 14 TL 50 750 Td {shown}ET".encode())
        page[NameObject("/Contents")] = writer._add_object(stream)
    writer.write(out)
    return out.getvalue()


FORMS = {
    "colons": [f"{a.upper()}: {b}" for a, b in SPEECHES],
    "names above": [line for a, b in SPEECHES for line in (a.upper(), b, "")],
}


@pytest.mark.parametrize("lines", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("make", [docx, pdf])
def test_a_document_s_speakers_are_found_whatever_its_name(make: Make, lines: list[str], tmp_path: Path) -> None:
    assert speeches_in(corpus_of(tmp_path, "a.txt", make(lines))) == expected(upper=True)


def test_a_table_in_a_document_is_one_of_names_and_speeches(tmp_path: Path) -> None:
    document, out = Document(), io.BytesIO()
    table = document.add_table(0, 2)
    for name, text in SPEECHES:
        cells = table.add_row().cells
        cells[0].text, cells[1].text = name, text
    document.save(out)
    assert speeches_in(corpus_of(tmp_path, "a.docx", out.getvalue())) == expected()


@pytest.mark.parametrize(("make", "module"), [(docx, "docx"), (pdf, "pypdf")])
def test_without_its_reader_a_document_is_refused_with_what_to_do(
    make: Make, module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = make(FORMS["colons"])
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(CorpusError, match=r"pip install --editable '.\[documents\]', or save it as text"):
        corpus_of(tmp_path, "a", data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"%PDF-1.4\n%%EOF", "is a PDF that can't be read"),
        (pdf([]), "is a PDF that can't be read|is a PDF of pictures"),
        (docx(["x"])[:-200], "not a .zip that can be read"),
    ],
    ids=["cut PDF", "empty PDF", "cut Word document"],
)
def test_a_damaged_document_is_refused_in_a_sentence(data: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=message):
        corpus_of(tmp_path, "a.bin", data)


def paragraph(kind: str, *texts: str) -> str:
    """A paragraph of Final Draft's."""
    return f'<Paragraph Type="{kind}">{"".join(f"<Text>{text}</Text>" for text in texts)}</Paragraph>'


def test_final_draft_says_who_speaks(tmp_path: Path) -> None:
    body = (
        paragraph("Scene Heading", "INT. DINER - DAY")
        + paragraph("Action", "They eat.")
        + paragraph("Character", "OTTO (CONT'D)")
        + paragraph("Parenthetical", "(low)")
        + paragraph("Dialogue", "It is ", "cold &amp; so.").replace(
            "</P", f"<ScriptNote>{paragraph('', 'No!')}</ScriptNote></P", 1
        )
        + paragraph("Transition", "CUT TO:")
    )
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<FinalDraft><Content>{body}</Content></FinalDraft>'
    corpus = corpus_of(tmp_path, "a.fdx", text)
    assert corpus.text == "[INT. DINER - DAY]\n\nThey eat.\n\nOTTO: (low) It is cold & so.\n\n[CUT TO:]\n\n"
    wide = text.replace("UTF-8", "UTF-16").encode("utf-16")
    assert corpus_of(tmp_path, "b.fdx", wide).text == corpus.text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<FinalDraft><Content>", "it is a .fdx that can't be read"),
        ('<!DOCTYPE x [<!ENTITY a "aaaa">]><FinalDraft>&a;</FinalDraft>', "XML with entities of its own"),
    ],
)
def test_a_damaged_or_hostile_fdx_is_refused(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=message):
        corpus_of(tmp_path, "a.fdx", text)
