"""The marks of wikis, forums and pages in plain text."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.data.spoken import SPEECHES, corpus_of, expected, lines, speeches_in
from training.data.errors import CorpusError


@pytest.mark.parametrize(
    ("form", "mark"),
    [
        ("'''{name}''': {text}\n\n", "a wiki's marks"),
        ("'''[[{name} (person)|{name}]]:''' {text}\n\n", "a wiki's marks"),
        (";{name}\n:{text}\n\n", "a wiki's marks"),
        ("[b]{name}:[/b] [i]{text}[/i]\n", "a forum's marks"),
        ("[color=red]{name}[/color]: {text}\n", "a forum's marks"),
    ],
)
def test_marks_around_names_go(form: str, mark: str, tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, "a.txt", lines(form))
    assert speeches_in(corpus) == expected()
    assert mark in corpus.scripts[0].left_out


def test_names_of_characters_become_these(tmp_path: Path) -> None:
    text = lines("{name}: {text} Fish &amp; chips isn&rsquo;t caf&amp;eacute;\n")
    said = "Fish & chips isn\u2019t caf\u00e9"
    assert speeches_in(corpus_of(tmp_path, "a.txt", text)) == [(a, f"{b} {said}") for a, b in SPEECHES]


def test_few_such_marks_may_be_text(tmp_path: Path) -> None:
    text = lines("{name}: {text}\n") + "Bo: [b] and '''so''' &amp;\n"
    assert corpus_of(tmp_path, "a.txt", text).text == text


def test_latex_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="it is LaTeX: save what it shows as text"):
        corpus_of(tmp_path, "a.tex", "\\documentclass{article}\n\\begin{document}\nSoup\n\\end{document}\n")
