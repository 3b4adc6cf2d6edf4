"""HTML, Markdown and RTF: text without tags and marks, names in bold as cues."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tests.training.data.spoken import LONG, SPEECHES, corpus_of, expected, lines, speeches_in
from training.data.errors import CorpusError
from training.data.hints import Hints


@pytest.mark.parametrize(
    "form",
    [
        "<b>{name}:</b> <i>{text}</i><br>\n",
        "<p><strong>{name}</strong> {text}</p>\n",
        "<p><b><font color=red>{name}</font></b>: {text}\n",
        "<b>{name}</b><br>{text}<br><br>\n",
        "<tr><td>{name}</td><td>{text}</td></tr>\n",
        "<dt>{name}</dt><dd>{text}</dd>\n",
        "<div><span class=who>{name}</span><span class=said>{text}</span></div>\n",
        "<div><span class=who>{name}</span> <span class=said>{text}</span></div>\n",
        "<div>{name}&#58; {text}</div><!-- no --><script>var a = 'b: c'</script>\n",
    ],
)
@pytest.mark.parametrize("page", ["{}", "<!DOCTYPE html><html><head><title>no</title></head><body>{}</body></html>"])
def test_a_page_s_speakers_are_found(form: str, page: str, tmp_path: Path) -> None:
    assert speeches_in(corpus_of(tmp_path, "a.txt", page.format(lines(form)))) == expected()


def test_a_screenplay_on_a_page_is_read_without_the_page_around_it(tmp_path: Path) -> None:
    speeches = "".join(
        f"<b>{' ' * 20}{a.upper()}\n</b>{textwrap.indent(textwrap.fill(b, 35), ' ' * 10)}\n\n" for a, b in LONG
    )
    page = f"<html><body><table><tr><td><a href=x>Home</a></td></tr></table><pre>{speeches}</pre></body></html>"
    assert speeches_in(corpus_of(tmp_path, "a.html", page)) == [(a.upper(), b) for a, b in LONG]


def test_rtf_may_begin_below_an_empty_line(tmp_path: Path) -> None:
    text = "\n{\\rtf1\\ansi\n" + lines("{name}: {text}\\par\n") + "}"
    assert speeches_in(corpus_of(tmp_path, "a.rtf", text)) == expected()


def test_entities_are_letters(tmp_path: Path) -> None:
    text = lines("<p>{name}: {text} isn&#39;t &eacute; &amp; so</p>\n")
    assert speeches_in(corpus_of(tmp_path, "a.html", text)) == [(a, f"{b} isn't \u00e9 & so") for a, b in SPEECHES]


@pytest.mark.parametrize("tag", ["<div>", "<b>", "<i>"])
def test_a_page_may_nest_deep(tag: str, tmp_path: Path) -> None:
    assert corpus_of(tmp_path, "a.html", f"<html>{tag * 10_000}soup").text.strip(" *\n") == "soup"


def test_tags_without_an_end_are_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="it is HTML whose tags have no end"):
        corpus_of(tmp_path, "a.html", "<b " * 100_000)


@pytest.mark.parametrize(
    "form",
    [
        "**{name}:** {text}\n\n",
        "**{name}**: {text}\n\n",
        "**{name}** {text}\n\n",
        "**{name}**\n{text}\n\n",
        "**{name}**\n\n{text}\n\n",
        "- **{name}:** _{text}_\n",
        "> __{name}__: *{text}*\n",
        "*{name}:* {text}\n\n",
        "### {name}\n\n{text}\n\n",
        "[00:01:{n:02}] **{name}:** {text}\n\n",
        "| {name} | {text} |\n",
    ],
)
@pytest.mark.parametrize("name", ["a.md", "a.txt"])
def test_markdown_s_marks_go(form: str, name: str, tmp_path: Path) -> None:
    assert speeches_in(corpus_of(tmp_path, name, lines(form))) == expected()


def test_a_table_in_markdown_or_on_a_page_has_titles(tmp_path: Path) -> None:
    rows = lines("| {name} | {text} |\n")
    assert speeches_in(corpus_of(tmp_path, "a.md", f"| Speaker | Line |\n| :-- | --- |\n{rows}")) == expected()
    rows = lines("<tr><td>{n}<td>{name}</td><td>{text}</td></tr>")
    page = f"<table><tr><th>No.</th><th>Wer</th><th>Was</th></tr>{rows}</table>"
    hints = Hints(speaker="wer", text="was")
    assert speeches_in(corpus_of(tmp_path, "a.html", page.replace("Wer", "Who").replace("Was", "Text"))) == expected()
    assert speeches_in(corpus_of(tmp_path, "b.html", page, hints)) == expected()


def test_a_play_in_xml_is_read(tmp_path: Path) -> None:
    speeches = lines("<SPEECH>\n<SPEAKER>{name}</SPEAKER>\n<LINE>{text}</LINE>\n</SPEECH>\n")
    play = f'<?xml version="1.0"?>\n<PLAY><ACT><SCENE>{speeches}</SCENE></ACT></PLAY>'
    assert speeches_in(corpus_of(tmp_path, "a.xml", play)) == expected()


def test_headings_and_links_are_their_text(tmp_path: Path) -> None:
    text = corpus_of(
        tmp_path, "a.md", "# Soup\n\nsee [this](http://x.example) **now**\n" + lines("**{name}:** {text}\n")
    )
    assert text.text.startswith("Soup\n\nsee this now\n")


@pytest.mark.parametrize(
    "form", ["\\b {name}:\\b0  {text} isn\\'92t\\par\n", "{name}\\par {text} isn\\'92t\\par\\par\n"]
)
def test_rtf_is_read(form: str, tmp_path: Path) -> None:
    body = "".join(form.format(name=a.upper(), text=b) for a, b in SPEECHES)
    corpus = corpus_of(tmp_path, "a.txt", f"{{\\rtf1\\ansi\\deff0 {{\\fonttbl {{\\f0 Times;}}}}{body}}}")
    assert speeches_in(corpus) == [(a.upper(), f"{b} isn\u2019t") for a, b in SPEECHES]
