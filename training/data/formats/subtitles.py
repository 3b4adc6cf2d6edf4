"""Subtitles: SubRip, WebVTT, (Advanced) SubStation Alpha, .sbv and MicroDVD, read by pysubs2.

Times, numbers and tags go.
"""

from __future__ import annotations

import html
import re
import warnings
from collections.abc import Iterator

from training.data.errors import CorpusError

_TIMES = re.compile(r"(?m)^[ \t]*(?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3}\s*-->\s*(?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3}")
_SBV = re.compile(r"(?m)^(\d+:\d{2}:\d{2}\.\d{3}),(\d+:\d{2}:\d{2}\.\d{3})$")
_FRAMES = re.compile(r"(?m)^\{\d+\}\{\d+\}")
_VOICE = re.compile(r"<v(?:\.[\w.]+)?\s+([^<>\n]+)>")
_TAG = re.compile(r"</?[A-Za-z][^<>\n]*>|<\d[\d:.]*>|\{\\[^{}\n]*\}")
_IDENTIFIER = re.compile(rf"(?m)(?<=\n\n)[^\n]+\n(?={_TIMES.pattern.removeprefix('(?m)^')})")
_FRAMES_PER_SECOND = 25  # of no account here, but asked for
_FEWEST_ROLLED = 3
_ENDS = (".", "!", "?", "…", '"', "'", ")", "]", "♪", ":", "-", "—", "”", "\u2019")


def is_subtitles(text: str) -> bool:
    """Whether a text holds subtitles."""
    head = text.lstrip()[:40]
    times = (_TIMES, _SBV, _FRAMES)
    return head.startswith(("WEBVTT", "[Script Info]")) or any(len(it.findall(text[:100_000])) >= 2 for it in times)


def lines_of_subtitles(name: str, text: str) -> str:
    """What is said, a subtitle a line, with `name: ` before it where its voice is named.

    Raises:
        CorpusError: if they can't be read.
    """
    import pysubs2  # few scripts need it

    plain = _without_identifiers(_SBV.sub(r"\1 --> \2", text))
    try:
        with warnings.catch_warnings(action="ignore"):  # of fields that are not needed here
            events = pysubs2.SSAFile.from_string(plain, _format(text), fps=_FRAMES_PER_SECOND, keep_html_tags=True)
    except (pysubs2.exceptions.Pysubs2Error, ValueError, IndexError, KeyError) as error:
        raise CorpusError(f"{name} looks like subtitles but can't be read: {error}") from None
    shown = [(event.text, event.name) for event in events if event.type == "Dialogue"]
    spoken = [line for said, voice in _rolled(shown) for line in _lines(said, voice)]
    if not spoken:
        raise CorpusError(f"{name} looks like subtitles but holds none")
    return "\n".join(_sentences(spoken)) + "\n"


def _without_identifiers(text: str) -> str:
    """WebVTT without the names of its cues, which pysubs2 would take for text."""
    return _IDENTIFIER.sub("", text) if text.lstrip().startswith("WEBVTT") else text


def _rolled(shown: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Captions that roll up, each without the lines that stood in the one before; others as they are."""
    plain = [[line.strip() for line in _TAG.sub("", text.replace("\\N", "\n")).split("\n")] for text, _ in shown]
    lines = [[line for line in part if line] for part in plain]
    again = [_overlap(before, after) for before, after in zip([[], *lines], lines, strict=False)]
    if sum(map(bool, again)) < max(_FEWEST_ROLLED, len(shown) / 4):
        return shown
    return [("\n".join(part[count:]), voice) for part, count, (_, voice) in zip(lines, again, shown, strict=True)]


def _overlap(before: list[str], after: list[str]) -> int:
    """How many lines at the end of one caption begin the next."""
    return next((n for n in range(min(len(before), len(after)), 0, -1) if before[-n:] == after[:n]), 0)


def _format(text: str) -> str | None:
    """The name that pysubs2 has for a format that it would not tell itself."""
    if text.lstrip().startswith("[Script Info]"):
        return "ass"  # also without styles
    if _FRAMES.match(text.lstrip()):
        return "microdvd"
    return "srt" if _SBV.search(text) else None


def _lines(text: str, voice: str) -> Iterator[str]:
    text = text.replace("\\N", "\n").replace("\\n", "\n").replace("\\h", " ")
    voices = _VOICE.split(f"<v {voice}>{text}" if voice.strip() else text)
    for who, said in zip(["", *voices[1::2]], voices[::2], strict=True):
        plain = html.unescape(_TAG.sub("", said))
        parts = re.split(r"\n\s*(?=[-\u2013—]\s*\S|>>)", plain.strip())  # each speaks after a dash
        for part in parts:
            words = " ".join(part.split())
            spoken = (
                re.sub(r"^(?:[-\u2013—]\s*|>>+\s*)", "", words) if len(parts) > 1 or words.startswith(">>") else words
            )
            if spoken:
                yield f"{who.strip()}: {spoken}" if who.strip() else spoken


def _sentences(lines: list[str]) -> Iterator[str]:
    """The lines, a sentence that goes on in the next one joined; one that is shown twice, once."""
    ends = sum(line.endswith(_ENDS) for line in lines) > len(lines) / 3  # else nothing tells where sentences end
    waiting = ""
    for line in lines:
        if line == waiting:
            continue
        if waiting and ends and not waiting.endswith(_ENDS) and line[0].islower() and ":" not in line:
            waiting = f"{waiting} {line}"
            continue
        if waiting:
            yield waiting
        waiting = line
    yield waiting
