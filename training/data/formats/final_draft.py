"""Final Draft's .fdx: XML with a paragraph for each cue, speech, action and heading."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from training.data.errors import CorpusError
from training.data.speeches import Speech, name_of


def is_final_draft(text: str) -> bool:
    """Whether a text is Final Draft's XML."""
    return "<FinalDraft" in text[:2000]


def speeches_in_final_draft(name: str, text: str) -> Iterator[Speech]:
    """The speeches, and what is only seen: actions, and in brackets headings and transitions.

    Raises:
        CorpusError: if it can't be read.
    """
    if "<!ENTITY" in text:  # which can name more text than memory holds
        raise CorpusError(f"{name} is XML with entities of its own, which are not read: save it as text")
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text)  # names the encoding of the file's bytes
    try:
        root = ElementTree.fromstring(text.encode())
    except (ElementTree.ParseError, RecursionError, ValueError) as error:
        raise CorpusError(f"{name} is a .fdx that can't be read: {error}") from None
    speaker, said = "", list[str]()
    content = root.find("Content")
    notes = {inside for note in root.iter("ScriptNote") for inside in note.iter("Paragraph")}
    for paragraph in content.iter("Paragraph") if content is not None else ():
        if paragraph in notes:
            continue
        kind = paragraph.get("Type", "Action")
        words = " ".join("".join(part.text or "" for part in paragraph.findall("Text")).split())
        if not words:
            continue
        if kind in ("Dialogue", "Parenthetical", "Singing") and speaker:
            said.append(words)
            continue
        yield Speech(speaker, " ".join(said)) if said else Speech("", speaker)
        speaker, said = "", []
        if kind == "Character":
            speaker = name_of(words)
        else:
            yield Speech("", f"[{words}]" if kind in ("Scene Heading", "Transition", "Shot") else words)
    yield Speech(speaker, " ".join(said)) if said else Speech("", speaker)
