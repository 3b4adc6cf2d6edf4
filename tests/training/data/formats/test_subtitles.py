"""Subtitles: what is said without times, numbers and tags; voices are speakers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.data.spoken import SPEECHES, corpus_of, expected, lines, speeches_in
from training.data.errors import CorpusError

ASS = """[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname
Style: Default,Arial

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.srt", lines("{n}\n00:00:{n:02},000 --> 00:00:{n:02},900\n<i>{name}: {text}</i>\n\n")),
        ("a.txt", lines("{n}\n00:00:{n:02},000 --> 00:00:{n:02},900\n{name}: {text}\n\n")),
        ("a.vtt", "WEBVTT\n\n" + lines("00:{n:02}.000 --> 00:{n:02}.900\n<v {name}>{text}</v>\n\n")),
        (
            "a.vtt",
            "WEBVTT\n\nNOTE x\n\n" + lines("00:{n:02}.000 --> 00:{n:02}.900 align:start\n<v.a {name}>{text}\n\n"),
        ),
        (
            "a.vtt",
            "WEBVTT - x\nKind: captions\n\n"
            + lines("cue{n}\n00:{n:02}.000 --> 00:{n:02}.900\n<v {name}>{text}</v>\n\n"),
        ),
        ("a.sbv", lines("0:00:{n:02}.000,0:00:{n:02}.900\n{name}: {text}\n\n")),
        ("a.sub", lines("{{{n}}}{{{n}}}{name}: {text}\n")),
        (
            "a.ass",
            ASS.replace("[V4+", "[V5") + lines("Dialogue: 0,0:00:{n:02}.00,0:00:{n:02}.90,A,{name},0,0,0,,{text}\n"),
        ),
        ("a.ass", ASS + lines("Dialogue: 0,0:00:{n:02}.00,0:00:{n:02}.90,Default,{name},0,0,0,,{{\\i1}}{text}\n")),
    ],
)
def test_who_speaks_is_read_where_subtitles_say(name: str, text: str, tmp_path: Path) -> None:
    assert speeches_in(corpus_of(tmp_path, name, text)) == expected()


def test_without_speakers_only_what_is_said_stays(tmp_path: Path) -> None:
    text = lines("{n}\n00:00:{n:02},000 --> 00:00:{n:02},900\n<i>{text}</i>\n\n")
    assert corpus_of(tmp_path, "a.srt", text).text == "".join(f"{b}\n" for _, b in SPEECHES)


def test_a_sentence_of_two_subtitles_is_one_line_and_two_who_speak_are_two(tmp_path: Path) -> None:
    said = ["It is not", "so &amp; cold.", "- Yes.\n- No!", "Oh.", "Oh."]
    text = "".join(f"{n}\n00:00:0{n},000 --> 00:00:0{n},900\n{what}\n\n" for n, what in enumerate(said))
    assert corpus_of(tmp_path, "a.srt", text).text == "It is not so & cold.\nYes.\nNo!\nOh.\n"


def test_captions_that_roll_up_are_read_once(tmp_path: Path) -> None:
    shown = [b for _, b in SPEECHES]
    cues = "".join(
        f"00:00:{n:02}.000 --> 00:00:{n:02}.900\n{before}\n{after.replace(' ', '<00:00:01.1><c> ', 1)}</c>\n\n"
        for n, (before, after) in enumerate(zip(["", *shown], shown, strict=False))
    )
    assert corpus_of(tmp_path, "a.vtt", f"WEBVTT\n\n{cues}").text == "".join(f"{said}\n" for said in shown)


def test_no_subtitle_at_all_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="it looks like subtitles but holds none"):
        corpus_of(tmp_path, "a.vtt", "WEBVTT\n\n")
