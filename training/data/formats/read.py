"""A file's bytes to the script in it: what it is, its encoding, its format, its layout."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from training.data.characters import by_characters
from training.data.encoding import decode
from training.data.errors import CorpusError, Skip
from training.data.files.archives import File
from training.data.files.kinds import PDF, ZIP
from training.data.formats.blocks import speeches_in_blocks
from training.data.formats.documents import text_of_docx, text_of_pdf
from training.data.formats.elements import speeches_in_xml
from training.data.formats.final_draft import is_final_draft, speeches_in_final_draft
from training.data.formats.mail import text_of_mail
from training.data.formats.markup import is_html, is_markdown, text_of_html, text_of_markdown, text_of_rtf
from training.data.formats.merged import is_merged, speeches_in_merged
from training.data.formats.records import is_json, records_in, strings_in
from training.data.formats.subtitles import is_subtitles, lines_of_subtitles
from training.data.formats.tables import bare_table_in, speeches_of, table_in
from training.data.formats.wiki import without_wiki
from training.data.hints import Hints
from training.data.layouts.recognise import PLAIN, lay_out
from training.data.speeches import Speech, as_text

_NONE = Hints()
_MANY_LINES = 3
_SQL = re.compile(r"(?:\s*(?:--|/\*).*\n)*\s*(?:INSERT INTO |CREATE TABLE |DROP TABLE |SET \w+ ?=)", re.IGNORECASE)
_YAML = re.compile(r"(?m)^[ \t]*- [a-z_]+: .*\n[ \t]+[a-z_]+:")


@dataclass(frozen=True, slots=True)
class Script:
    """What a file holds.

    Attributes:
        name: the file's.
        text: the script, `NAME: text` a line where somebody speaks.
        format: of the file, for a person.
        encoding: of its bytes; empty where the format has its own.
        layout: how its text was laid out, for a person; empty where the format says who speaks.
        left_out: what was taken out of its text, for a person.
        skips: the parts that could not be used.
    """

    name: str
    text: str
    format: str
    encoding: str = ""
    layout: str = ""
    left_out: tuple[str, ...] = ()
    skips: tuple[Skip, ...] = field(default=(), repr=False)


def read_file(file: File, hints: Hints) -> Script:
    """The script in a file.

    Raises:
        CorpusError: if the file as a whole can't be used.
    """
    if file.data.startswith(PDF):
        script = _laid(file.name, text_of_pdf(file.name, file.data), "PDF", hints)
    elif file.data.startswith(ZIP):
        text = text_of_docx(file.name, file.data)
        script = _shown(file.name, text_of_markdown(text) if "**" in text else text, "Word document", hints)
    else:
        text, encoding = decode(file.name, text_of_mail(file.data) or file.data, hints.encoding)
        script = replace(_read_text(file.name, text, hints), encoding=encoding)
    return replace(script, text=by_characters(script.text)) if hints.characters else script


def _read_text(name: str, text: str, hints: Hints) -> Script:
    if not text.strip():
        raise CorpusError(f"{name} is empty")
    if text.lstrip().startswith("{\\rtf"):
        return _laid(name, text_of_rtf(name, text.lstrip()), "RTF", hints)
    if is_final_draft(text):
        return _spoken(name, speeches_in_final_draft(name, text), "Final Draft")
    if is_json(text):
        if lines := strings_in(text):
            return _laid(name, lines, "JSON, a list of lines", hints)
        return _spoken(name, records_in(name, text, hints), "JSON", hints)
    if is_subtitles(text):
        return _laid(name, lines_of_subtitles(name, text), "subtitles", hints)
    if is_merged(text):
        return _spoken(name, speeches_in_merged(text), "transcript with times")
    if by_xml := speeches_in_xml(text, hints):
        return _spoken(name, by_xml, "XML")
    is_page = text.lstrip().startswith("<")
    if not hints.layout and not is_page and (table := table_in(name, text, hints)):
        return _spoken(name, speeches_of(name, table), str(table.dialect), hints)
    if is_html(text):
        page = text_of_html(name, text)
        return _shown(name, text_of_markdown(page) if "**" in page else page, "HTML", hints)
    if is_markdown(name, text):
        return _laid(name, text_of_markdown(text), "Markdown", hints)
    if _SQL.match(text):
        raise CorpusError(f"{name} is a dump of a database: save its table of lines as CSV")
    if len(_YAML.findall(text)) > text.count("\n") / 10:
        raise CorpusError(f"{name} is YAML: save it as JSON")
    if "\\begin{document}" in text:
        raise CorpusError(f"{name} is LaTeX: save what it shows as text")
    if not hints.layout and (blocks := speeches_in_blocks(text)):
        return _spoken(name, blocks, "blocks of keys and values")
    text, skips = _without_stray_lines(name, text)
    text, marks = without_wiki(text)
    script = _laid(name, text, "text", hints)
    script = replace(script, skips=tuple(skips), left_out=(*marks, *script.left_out))
    if script.layout == PLAIN and not hints.layout and (table := bare_table_in(text)):
        return _spoken(name, speeches_of(name, table), str(table.dialect))
    return script


def _shown(name: str, text: str, form: str, hints: Hints) -> Script:
    """The script that a document shows, which may stand in a table with titles."""
    if not hints.layout and "\t" in text and (table := table_in("", text, hints)):
        return _spoken(name, speeches_of(name, table), f"{form}, a table")
    return _laid(name, text, form, hints)


def _laid(name: str, text: str, form: str, hints: Hints) -> Script:
    laid = lay_out(name, text, hints.layout)
    return Script(name, laid.text, form, layout=laid.layout, left_out=tuple(laid.left_out))


def _spoken(name: str, parts: Iterable[Speech | Skip], form: str, hints: Hints = _NONE) -> Script:
    """The script of speeches; where nobody is named and each is of many lines, these are scripts with a layout."""
    speeches: list[Speech] = []
    skips: list[Skip] = []
    for part in parts:
        if isinstance(part, Skip):
            skips.append(part)
        else:
            speeches.append(part)
    lines = sum(text.strip().count("\n") for _, text in speeches)
    if lines > _MANY_LINES * len(speeches) and not any(speaker.strip() for speaker, _ in speeches):
        whole = "\n\n".join(text for _, text in speeches) + "\n"
        return replace(_laid(name, whole, f"{form}, of whole scripts", hints), skips=tuple(skips))
    return Script(name, as_text(speeches), form, skips=tuple(skips))


def _without_stray_lines(name: str, text: str) -> tuple[str, list[Skip]]:
    if "\0" not in text:
        return text, []
    kept, skips = [], []
    for number, line in enumerate(text.split("\n"), start=1):
        if "\0" in line:
            skips.append(Skip(name, number, "a NUL, which no text has"))
        else:
            kept.append(line)
    return "\n".join(kept), skips
