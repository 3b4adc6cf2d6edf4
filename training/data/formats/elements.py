"""XML of its own kind: an element for each speech, with who speaks and what is said as attributes or elements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from training.data.formats.columns import columns_of
from training.data.hints import Hints
from training.data.speeches import Speech

_FEWEST = 3


def speeches_in_xml(text: str, hints: Hints) -> list[Speech] | None:
    """The speeches of elements that say who speaks; None if there are few or none, or it is no XML."""
    if not text.lstrip().startswith("<?xml") or "<!ENTITY" in text:  # entities can name more than memory holds
        return None
    try:
        root = ElementTree.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text).encode())
    except (ElementTree.ParseError, RecursionError, ValueError):
        return None
    speeches = [speech for element in root.iter() if (speech := _speech(element, hints))]
    return speeches if len(speeches) >= _FEWEST else None


def _speech(element: ElementTree.Element, hints: Hints) -> Speech | None:
    fields = dict(_fields(element))
    columns = columns_of(list(fields), hints if _has(fields, hints) else Hints())
    if columns is None or columns.speaker is None:
        return None
    values = list(fields.values())
    return Speech(values[columns.speaker], values[columns.text])


def _has(fields: dict[str, str], hints: Hints) -> bool:
    return bool(hints.text and hints.text in fields and (hints.speaker is None or hints.speaker in fields))


def _fields(element: ElementTree.Element) -> Iterator[tuple[str, str]]:
    """Attributes, and elements without others inside; the element's own text is `text`, or goes by its name."""
    yield from element.attrib.items()
    if (element.text or "").strip() and element.attrib:
        yield "text", "".join(element.itertext())
    for inside in element:
        if not len(inside) and (inside.text or "").strip():
            yield _name(inside), inside.text or ""


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
