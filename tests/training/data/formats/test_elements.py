"""XML of its own kind: who speaks and what is said, as attributes or elements."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.data.spoken import corpus_of, expected, lines, speeches_in

XML = '<?xml version="1.0" encoding="UTF-8"?>\n<{root}>{content}</{root}>'


@pytest.mark.parametrize(
    "form",
    [
        '<line speaker="{name}">{text}</line>',
        '<u who="{name}" text="{text}"/>',
        "<utterance><id>{n}</id><speaker>{name}</speaker><text>{text}</text></utterance>",
        '<scene n="{n}"><line><character>{name}</character><dialogue>{text}</dialogue></line></scene>',
        "<sp><speaker>{name}</speaker><p>{text}</p></sp>",
        "<para><text>{name}:</text></para><para><text>{text}</text></para>",
    ],
)
@pytest.mark.parametrize("root", ["script", "play"])
def test_speakers_are_found_in_any_elements(form: str, root: str, tmp_path: Path) -> None:
    text = XML.format(root=root, content=lines(form))
    if form.startswith(("<sp>", "<para>")) and root == "script":
        root_text = text.replace("script>", "body>")  # a page's script is never shown
        assert speeches_in(corpus_of(tmp_path, "a.xml", root_text)) == expected()
    else:
        assert speeches_in(corpus_of(tmp_path, "a.xml", text)) == expected()


def test_elements_without_speakers_part_words(tmp_path: Path) -> None:
    text = XML.format(root="doc", content="<para>One soup.</para><para>Two <hi>cold</hi> soups.</para>")
    assert corpus_of(tmp_path, "a.xml", text).text.split() == ["One", "soup.", "Two", "cold", "soups."]
