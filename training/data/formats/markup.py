"""HTML (by Beautiful Soup), Markdown and RTF (by striprtf): text out, with its lines."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

from training.data.errors import CorpusError

if TYPE_CHECKING:
    from bs4.element import Tag

_TAGS = re.compile(
    r"<(?:!doctype|html|head|body|p|br|b|i|em|strong|div|span|table|tr|td|pre|font|h[1-6]|ul|li|dl|dt|dd|a|center)\b",
    re.IGNORECASE,
)
_INSIDE = frozenset(  # a line: tags of HTML, and of text in XML; others begin one
    "[document] html a abbr acronym b bdi bdo big button cite code data del dfn em font i img input ins kbd label mark"  # noqa: SIM905
    " q rb rp rt ruby s samp small span strike strong sub sup tbody thead tfoot td th time tt u var wbr"
    " hi emph foreign name seg w pc c ref note".split()
)
_APART = frozenset("p div h1 h2 h3 h4 h5 h6 pre blockquote section article table speech sp".split())  # noqa: SIM905
_FEW = 8
_MOST_OPEN = 1000
_UNSEEN = ("script", "style", "head", "nav", "form", "button", "select", "textarea", "svg", "noscript", "template")


def is_html(text: str) -> bool:
    """Whether a text is HTML: it begins as a page does, or every other line holds a tag."""
    head = text.lstrip()[:1000].lower()
    if head.startswith(("<!doctype html", "<html", "<?xml")) or "<html" in head:
        return True
    sample = text[:100_000]
    return len(_TAGS.findall(sample)) > max(2, len([line for line in sample.split("\n") if line.strip()]) / 3)


def text_of_html(name: str, text: str) -> str:
    """What a page shows. A name in bold at a line's beginning is written as Markdown has it, `**name**`.

    Raises:
        CorpusError: if it can't be read.
    """
    from bs4 import BeautifulSoup  # few scripts need it

    if text.count("<") > 2 * text.count(">") + _MOST_OPEN:  # the parser would look for each end through all of the rest
        raise CorpusError(f"{name} is HTML whose tags have no end: save what it shows as text")
    try:
        with warnings.catch_warnings(action="ignore"):  # text that looks like an address, or like XML
            soup = BeautifulSoup(text, "html.parser")
        for unseen in soup.find_all(_UNSEEN):
            unseen.decompose()
        script = max(soup.find_all("pre"), key=lambda it: len(it.get_text()), default=None)
        is_script = script is not None and len(script.get_text()) > len(soup.get_text()) / 2
        shown = "".join(_pieces(script if script is not None and is_script else soup)).replace("\xa0", " ")
        is_kept = soup.find("pre") is not None
    except (RecursionError, AssertionError, ValueError) as error:
        raise CorpusError(f"{name} is HTML that can't be read: {error}") from None
    if not is_kept:
        shown = "\n".join(line.strip() for line in shown.split("\n"))
    return re.sub(r"\n[ \t]*\n(?:[ \t]*\n)+", "\n\n", shown).strip("\n") + "\n"


def _pieces(root: Tag) -> Iterator[str]:
    """What a tag shows, in pieces. By hand, since pages may nest deeper than Python recurs."""
    from bs4.element import NavigableString, PreformattedString, Tag

    waiting: list[tuple[object, bool]] = [(root, root.name == "pre")]
    while waiting:
        node, is_kept = waiting.pop()
        if isinstance(node, PreformattedString):  # a comment or its like
            continue
        if isinstance(node, NavigableString):
            yield str(node) if is_kept else re.sub(r"\s+", " ", node)
        elif isinstance(node, Tag):
            is_kept = is_kept or node.name == "pre"
            before, after = _around(node, is_kept)
            waiting.append((after, False))
            waiting += ((inside, is_kept) for inside in reversed(node.contents))
            yield before
        elif isinstance(node, str):
            yield node


def _around(node: Tag, is_kept: bool) -> tuple[str, str]:
    """What stands before and after what a tag holds."""
    name = node.name.lower()
    if name == "br":
        return "\n", ""
    if name in ("td", "th"):
        is_inside = node.parent is not None and node.parent.name in ("td", "th")  # of one whose end is left out
        return "\t" if is_inside or node.find_previous_sibling(["td", "th"]) else "", ""
    if name in ("b", "strong", "dt", "speaker") and not is_kept and _is_short(node):
        return ("\n**", "** \n") if name in ("dt", "speaker") else ("**", "** ")
    if name == "span" and node.has_attr("class") and _follows_at_once(node):
        return "\t", ""
    if name in _APART:
        return "\n\n", "\n\n"
    return ("", "") if name in _INSIDE else ("\n", "\n")


def _follows_at_once(node: Tag) -> bool:
    """Whether another kind of span ends where this one begins: a style parts them."""
    from bs4.element import Tag

    before = node.previous_sibling
    if isinstance(before, str) and not before.strip():
        before = before.previous_sibling
    return isinstance(before, Tag) and before.name == "span" and before.get("class") not in (None, node.get("class"))


def _is_short(node: Tag) -> bool:
    """Whether a tag holds a few words on a line."""
    words = _words(node, depth=3)
    return words is not None and bool(words.strip()) and len(words) <= 60 and "\n" not in words.strip()


def _words(node: Tag, depth: int) -> str | None:
    """The words in a tag; None if they are many, deep inside, or stand on several lines."""
    from bs4.element import NavigableString, Tag

    if depth == 0 or len(node.contents) > _FEW:
        return None
    words = ""
    for part in node.contents:
        if isinstance(part, NavigableString):
            words += part
        elif isinstance(part, Tag):
            inside = None if part.name in ("br", "p", "b", "strong") else _words(part, depth - 1)
            if inside is None:
                return None
            words += inside
    return words


_TIME = r"^(?:[\[(]?\d{1,2}:\d[\d:.,]*[\])]?[ \t]+)?"
_BOLD = re.compile(
    rf"{_TIME}(?:(?:\*\*|__)(?=\S)([^*_\n]{{1,60}}?)\s*(?:\*\*|__)[ \t]*:?"
    rf"|\*(?=\S)([^*_\n]{{1,60}}?)(?::\*|\*:))[ \t]*",
    re.MULTILINE,
)
_HEADING = re.compile(r"^#{1,6}[ \t]+([^\n#]{1,60}?)[ \t:]*$", re.MULTILINE)
_EMPHASIS = re.compile(
    r"(?<![\w*])\*{1,3}(?=\S)([^*\n]+?)(?<=\S)\*{1,3}(?!\*)|(?<![\w_])_{1,3}(?=\S)([^_\n]+?)(?<=\S)_{1,3}(?![\w_])"
)
_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)")
_BLOCK_MARK = re.compile(r"^[ \t]{0,3}(?:>[ \t]?|#{1,6}[ \t]+|[-*+][ \t]+(?=\S)|\d+\.[ \t]+(?=\*\*))", re.MULTILINE)


def is_markdown(name: str, text: str) -> bool:
    """Whether a text has Markdown's marks: names in bold, or by its name headings and emphasis."""
    lines = [line for line in text[:200_000].split("\n") if line.strip()]
    bold = sum(bool(_BOLD.match(line) or _BOLD.match(_BLOCK_MARK.sub("", line))) for line in lines)
    is_named = name.lower().endswith((".md", ".markdown")) or _are_cues(_HEADING.findall(text[:200_000]), len(lines))
    return bold > len(lines) / (20 if is_named else 8) or is_named


def _are_cues(names: list[str], lines: int) -> bool:
    """Whether names come back, and often enough among so many lines."""
    return len(names) > lines / 8 and len(set(names)) < len(names)


def _bold_name(match: re.Match[str]) -> str:
    return (match[1] or match[2]).strip().rstrip(":").rstrip()


def text_of_markdown(text: str) -> str:
    """The text without marks. Names in bold that stand before speeches, or above them, get a colon."""
    text = re.sub(r"(?m)^(?:```|~~~).*$|<!--[\s\S]*?-->|^[ \t]*(?:[-*_][ \t]*){3,}$|\\$", "", text)
    count = sum(1 for line in text.split("\n") if line.strip())
    if _are_cues(_HEADING.findall(text), count):
        text = _HEADING.sub(r"**\1**", text)
    text = _BLOCK_MARK.sub("", _LINK.sub(r"\1", text))
    lines = [line for line in text.split("\n") if line.strip()]
    names = [_bold_name(match) for line in lines if (match := _BOLD.match(line))]
    if _are_cues(names, len(lines)):
        text = _BOLD.sub(lambda match: f"{_bold_name(match)}: ", text)
        text = re.sub(r"(?m)^([^:\n]{1,60}): $", r"\1:", text)
    return _EMPHASIS.sub(lambda match: match[1] or match[2], text)


def text_of_rtf(name: str, text: str) -> str:
    """The text in RTF.

    Raises:
        CorpusError: if it can't be read.
    """
    from striprtf.striprtf import rtf_to_text  # few scripts need it

    try:
        plain = str(rtf_to_text(text, errors="replace"))  # type: ignore[no-untyped-call]
    except (ValueError, LookupError, IndexError, TypeError, RecursionError, AttributeError) as error:
        raise CorpusError(f"{name} is RTF that can't be read: {error}; save it as text") from None
    return plain.replace("\r\n", "\n").replace("\r", "\n").strip("\n") + "\n"
