"""Word documents (by python-docx) and PDFs (by pypdf), which the extra `documents` installs."""

from __future__ import annotations

import io
import logging
import re
from itertools import takewhile
from typing import TYPE_CHECKING

from training.data.errors import CorpusError

if TYPE_CHECKING:
    from docx.text.paragraph import Paragraph

_HOW = "its readers are not installed: .venv/bin/python -m pip install --editable '.[documents]', or save it as text"
_MOST_PAGES = 5_000
_LONGEST_CUE = 40


def text_of_docx(name: str, data: bytes) -> str:
    """The paragraphs of a document, a line each; a row of a table is a line of fields.

    Raises:
        CorpusError: if it can't be read, or nothing is installed that reads it.
    """
    try:
        from docx import Document
        from docx.table import Table
    except ImportError:
        raise CorpusError(f"{name} is a Word document, and {_HOW}") from None
    lines: list[str] = []
    try:
        for part in Document(io.BytesIO(data)).iter_inner_content():
            if isinstance(part, Table):
                lines += ["\t".join(" ".join(cell.text.split()) for cell in row.cells) for row in part.rows]
            else:
                lines += _with_bold_name(part).split("\n")
    except Exception as error:  # damaged XML ends in errors of all kinds
        raise CorpusError(f"{name} is a .docx that can't be read ({type(error).__name__}): save it as text") from None
    return "\n".join(line.strip() for line in lines) + "\n"


def _with_bold_name(paragraph: Paragraph) -> str:
    """A paragraph's text; a few words in bold before others are written as Markdown has them."""
    head = "".join(run.text for run in takewhile(lambda run: run.bold, paragraph.runs))
    rest = paragraph.text.removeprefix(head)
    is_name = head.strip() and rest.strip() and len(head) <= _LONGEST_CUE and "\n" not in head and "\t" not in rest
    return f"**{head.strip()}** {rest}" if is_name else paragraph.text


def text_of_pdf(name: str, data: bytes) -> str:
    """The lines of a PDF, where they stand on its pages.

    Raises:
        CorpusError: if it can't be read, holds pictures only, or nothing is installed that reads it.
    """
    try:
        from pypdf import PdfReader
    except ImportError:
        raise CorpusError(f"{name} is a PDF, and {_HOW}") from None
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what it mends, it need not tell
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise CorpusError(f"{name} is a PDF with a password: save it without one, or as text")
        pages = [page.extract_text(extraction_mode="layout") for page in reader.pages[:_MOST_PAGES]]
    except CorpusError:
        raise
    except Exception as error:  # damaged PDFs end in errors of all kinds
        raise CorpusError(f"{name} is a PDF that can't be read ({type(error).__name__}): save it as text") from None
    text = "".join(f"{page.rstrip()}{_between(page)}" for page in pages)
    if not text.strip():
        raise CorpusError(f"{name} is a PDF of pictures, without text: run text recognition (OCR) on it first")
    text = re.sub(r"(?m)^[ \t]*(?:page[ \t]+)?\d{1,4}[ \t]*\.?[ \t]*$", "", text, flags=re.IGNORECASE)  # page numbers
    return re.sub(r"\n[ \t]*\n(?:[ \t]*\n)+", "\n\n", text).strip("\n") + "\n"


def _between(page: str) -> str:
    """What stands behind a page: nothing if it ends in capitals, as a cue does whose speech is on the next page."""
    last = page.rstrip().rpartition("\n")[2].strip()
    return "\n" if last.isupper() and len(last) <= _LONGEST_CUE else "\n\n"
