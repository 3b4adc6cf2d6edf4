"""Which layout a text has: the one that finds the most cues whose names come back; none where there are too few.

Who speaks comes back, line after line; what stands before a colon in prose does not. So a layout is believed by the
share of its places that hold such a name, and by how often a name comes.
"""

from __future__ import annotations

from typing import NamedTuple

from training.data.errors import CorpusError
from training.data.layouts.above import ABOVE, Above, paragraphs_of, read_above, without_fountain
from training.data.layouts.inline import COLON, INLINE, Inline, read_colon, read_cornell, read_fields, read_inline
from training.data.layouts.marks import without_marks
from training.data.layouts.wrapped import are_wrapped, joined

LAYOUTS = ("colon", "above", "brackets", "fields", "dash", "stop", "cornell", "plain")
"""The names of layouts, as `--layout` has them."""
PLAIN = "plain text"
"""The layout of a text without speakers, for a person."""

_SAMPLE = 60_000


class Laid(NamedTuple):
    """A text as `NAME: text`, how it looked, and what was taken out of it; both for a person."""

    text: str
    layout: str
    left_out: list[str]


def lay_out(name: str, text: str, wanted: str | None = None) -> Laid:
    """A text in whatever layout, as `NAME: text`. One without speakers stays as it is.

    Args:
        name: the file's, for messages.
        text: with line breaks as \\n.
        wanted: the layout that a person named.

    Raises:
        CorpusError: if the text is not in the layout that was named.
    """
    if wanted == "plain":
        return Laid(text, PLAIN, [])
    if wanted in (None, "cornell") and (movies := read_cornell(text)):
        return Laid(movies, "Cornell's movie lines", [])
    unmarked, left_out = without_marks(text)
    best = _best(_sample(unmarked), wanted)
    if wanted in (None, "fields") and (best is None or wanted) and (fields := read_fields(unmarked)):
        delimiter = {"\t": "<TAB>", "|": "|"}.get(fields[1], fields[1])
        return Laid(fields[0], f"`name{delimiter}text`", left_out)
    if best is None:
        if wanted:
            raise CorpusError(
                f"{name} has no line in the layout {wanted!r} whose speaker comes back; leave --layout out"
            )
        return _plain(text, unmarked, left_out)
    if isinstance(best, Above):
        screenplay, more = without_fountain(unmarked)
        return Laid(read_above(screenplay, best), best.form, [*left_out, *more])
    if best is COLON:
        return Laid(read_colon(unmarked), best.form, left_out)
    return Laid(read_inline(unmarked, best), best.form, left_out)


def _best(text: str, wanted: str | None) -> Inline | Above | None:
    """The layout of a text; where a person named one, its likeliest form."""
    lines, apart = text.split("\n"), paragraphs_of(text)
    found: list[tuple[int, Inline | Above]] = []
    for layout in (COLON, *INLINE, *ABOVE):
        if wanted not in (None, layout.name):
            continue
        names = layout.names(apart if isinstance(layout, Above) else lines)
        if names.are_cues(layout.least_share, layout.least_mean) or (wanted and names.counts):
            found.append((names.repeated, layout))
    return max(found, key=lambda it: it[0], default=(0, None))[1]


def _sample(text: str) -> str:
    """The text, or of a long one the beginning, the middle and the end."""
    if len(text) <= 3 * _SAMPLE:
        return text
    middle = len(text) // 2
    parts = text[:_SAMPLE], text[middle : middle + _SAMPLE], text[-_SAMPLE:]
    return "\n".join(part[part.find("\n") + 1 : part.rfind("\n")] for part in parts)


def _plain(text: str, unmarked: str, left_out: list[str]) -> Laid:
    """Text without speakers, whole lines if it was wrapped. Times may be anything here, so they stay."""
    if "times" in left_out:
        unmarked, left_out = text, []
    lines = unmarked.split("\n")
    if are_wrapped(lines, lambda line: line[:1].isspace()):
        return Laid(joined(lines, lambda line: line[:1].isspace()), "plain text, its lines wrapped", left_out)
    return Laid(unmarked, PLAIN, left_out)
