"""Words to a script that reads as one."""

from __future__ import annotations

import random

import pytest

from coldopen.lexicon import Lexicon
from coldopen.screenplay import FORMATS, Block, Format, blocks, cue_length, render
from coldopen.vocabulary import PAD, PUNCTUATION, tokenise

TEXT = """marla: (sits down) i ordered the soup... the whole pot. (to ines) i'm hungry! "really."

otto (to ines): well-done, you?

(a waiter drops a tray. everybody looks)

mr. bo: it's 8:30"""


def rendered(text: str, form: Format = "script", lexicon: Lexicon | None = None) -> str:
    return render(tokenise(text), form, lexicon)


def test_a_script_has_speakers_and_parentheticals_on_lines_of_their_own() -> None:
    assert rendered(TEXT, lexicon=Lexicon(cues=dict.fromkeys(["marla", "otto", "mr. bo"]))) == (
        'MARLA\n(sits down)\nI ordered the soup... the whole pot.\n(to ines)\nI\'m hungry! "Really."\n\n'
        "OTTO (TO INES)\nWell-done, you?\n\n"
        "(A waiter drops a tray. Everybody looks)\n\n"
        "MR. BO\nIt's 8:30"
    )


def test_plain_is_the_model_s_own_text() -> None:
    text = "marla: soup,, (to otto) no\n\notto:"
    assert rendered(text, "plain") == text


def test_fountain_forces_what_would_be_misread() -> None:
    text = 'marla: (sits down) soup.\n\n#1: star * and under_score\n\n> not centred\n\nall: "hm"\n\nint. kitchen'
    assert rendered(text, "fountain") == (
        'MARLA\n(sits down)\nSoup.\n\n@#1\nStar \\* and under\\_score\n\n!> not centred\n\nALL\n"Hm"\n\n!Int. Kitchen'
    )


def test_a_cue_after_a_sentence_begins_a_new_speech_if_the_speaker_is_known() -> None:
    words = tokenise("no. otto: what? he said: hello. listen: no")
    lexicon = Lexicon(cues=dict.fromkeys(["otto"]))
    assert blocks(words, lexicon) == [
        Block("", ("No.",)),
        Block("OTTO", ("What? He said: hello. Listen: no",)),
    ]
    assert len(blocks(words)) == 1


def test_only_who_is_known_speaks(lexicon: Lexicon) -> None:
    assert rendered("here is the plan: we run.", lexicon=lexicon) == "Here is the plan: we run."
    assert rendered("here is the plan: we run.") == "Here is the plan: we run."
    assert rendered("cut to: a diner", lexicon=lexicon) == "Cut to: a diner"
    assert rendered("alex trebek: so?", lexicon=lexicon) == "ALEX TREBEK\nSo?"


def test_a_bracketed_line_is_action() -> None:
    text = "[setting: the flat]\n\nmarla: hi."
    assert rendered(text) == "[Setting: the flat]\n\nMARLA\nHi."
    assert rendered(text, "fountain") == "\n![Setting: the flat]\n\nMARLA\nHi."  # no title page
    assert rendered("[rain. it stops.]") == rendered("[rain. it stops.)") == "[Rain. It stops.]"


def test_a_cue_may_hold_a_long_aside() -> None:
    text = "marla (getting back to the counter, with more soup than she can eat): look at this"
    assert rendered(text, "fountain").startswith("MARLA (GETTING BACK TO THE COUNTER, WITH MORE SOUP")


def test_a_speaker_who_says_nothing_is_left_out() -> None:
    assert rendered("marla: i know.\n\notto:") == "MARLA\nI know."
    assert rendered("marla: i know.\n\notto: .\n\nmarla: oh", "fountain") == "MARLA\nI know.\n\nMARLA\nOh"
    assert rendered("otto:") == "OTTO"  # nothing else is there


def test_a_script_that_breaks_off_at_a_speaker_s_name_ends_before_it() -> None:
    lexicon = Lexicon(cues=dict.fromkeys(["marla", "all", "mr. bo"]))
    assert rendered("marla: i know.\n\nall", lexicon=lexicon) == "MARLA\nI know."
    assert rendered("marla: i know.\n\nmr. bo", "fountain", lexicon) == "MARLA\nI know."
    assert rendered("marla: i know.\n\nall go", lexicon=lexicon) == "MARLA\nI know.\n\nAll go"
    assert rendered("all", lexicon=lexicon) == "All"  # nothing else is there


def test_a_cue_by_itself_belongs_to_the_line_below_it() -> None:
    assert rendered("marla:\nhello there.\n\notto:\ngo away.\n") == "MARLA\nHello there.\n\nOTTO\nGo away."
    assert rendered("marla:\notto: go away.") == "OTTO\nGo away."


def test_an_aside_that_is_a_sentence_begins_with_a_capital_and_so_does_what_follows_an_aside() -> None:
    text = "marla: hey. (to otto) so what? (otto laughs.)."
    assert rendered(text) == "MARLA\nHey.\n(to otto)\nSo what?\n(Otto laughs.)"


def test_marks_alone_are_said_only_where_nothing_else_is() -> None:
    assert rendered("marla: (leaves) ...?") == "MARLA\n(leaves)\n...?"
    assert rendered("marla: no. (leaves) ...?") == "MARLA\nNo.\n(leaves)"
    assert rendered("marla: (leaves). otto: no", lexicon=Lexicon(cues=dict.fromkeys(["marla", "otto"]))) == (
        "MARLA\n(leaves)\n\nOTTO\nNo"
    )


def test_line_breaks_without_end_leave_no_holes() -> None:
    assert rendered("\n\n\nmarla: soup\n\n\n\notto: no\n\n") == "MARLA\nSoup\n\nOTTO\nNo"


def test_nothing_gives_nothing() -> None:
    assert [render([], form) for form in FORMATS] == ["", "", ""]


@pytest.mark.parametrize(
    ("text", "count"),
    [("otto: no", 1), ("otto (to ines, softly): no", 8), ("otto", 0), ("", 0), ("(beat) otto: no", 0)],
)
def test_a_cue_has_so_many_words(text: str, count: int) -> None:
    assert cue_length(tokenise(text), Lexicon()) == count


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("is_bare", [True, False])
def test_no_order_of_words_shows_a_token_or_fails(form: Format, is_bare: bool, lexicon: Lexicon) -> None:
    rng = random.Random(11)
    pool = [*PUNCTUATION.values(), PAD, "marla:", ":", "i", "word", "#1:", "8:30", "*", "mr", "pitt:", "5", "new"]
    for _ in range(500):
        script = render([rng.choice(pool) for _ in range(40)], form, None if is_bare else lexicon)
        assert "||" not in script
        assert PAD not in script
        assert form == "plain" or not {line for line in script.split("\n") if line in ("()", "(", ")")}
