"""Words to a script that reads as one."""

from __future__ import annotations

import random

import pytest

from coldopen.screenplay import FORMATS, Block, Format, blocks, render
from coldopen.vocabulary import PAD, PUNCTUATION, tokenise

TEXT = """marla: (sits down) i ordered the soup... the whole pot. i'm hungry! "really."

otto (to ines): well-done, you?

(a waiter drops a tray. everybody looks)

mr. bo: it's 8:30"""


def test_a_script_has_speakers_on_their_own_lines() -> None:
    assert render(tokenise(TEXT), "script") == (
        'MARLA\n(sits down) I ordered the soup... the whole pot. I\'m hungry! "Really."\n\n'
        "OTTO (TO INES)\nWell-done, you?\n\n"
        "(a waiter drops a tray. Everybody looks)\n\n"
        "MR. BO\nIt's 8:30"
    )


def test_plain_is_the_model_s_own_text() -> None:
    words = tokenise("marla: soup.\n\notto: no!")
    assert render(words, "plain") == "marla: soup.\n\notto: no!"


def test_fountain_sets_parentheticals_apart_and_forces_what_would_be_misread() -> None:
    text = 'marla: (sits down) soup.\n\n#1: star * and under_score\n\n> not centred\n\nall: "hm"'
    assert render(tokenise(text), "fountain") == (
        'MARLA\n(sits down)\nSoup.\n\n@#1\nStar \\* and under\\_score\n\n!> not centred\n\nALL\n"Hm"'
    )


def test_a_cue_after_a_sentence_begins_a_new_speech() -> None:
    assert blocks(tokenise("no. otto: what? he said: soup")) == [Block("", "No."), Block("OTTO", "What? He said: soup")]


def test_line_breaks_without_end_leave_no_holes() -> None:
    assert render(tokenise("\n\n\nmarla: soup\n\n\n\notto: no\n\n"), "script") == "MARLA\nSoup\n\nOTTO\nNo"


def test_nothing_gives_nothing() -> None:
    assert [render([], form) for form in FORMATS] == ["", "", ""]


@pytest.mark.parametrize("form", FORMATS)
def test_no_order_of_words_shows_a_token_or_fails(form: Format) -> None:
    rng = random.Random(11)
    pool = [*PUNCTUATION.values(), PAD, "marla:", ":", "i", "word", "#1:", "8:30", "*"]
    for _ in range(500):
        script = render([rng.choice(pool) for _ in range(40)], form)
        assert "||" not in script
        assert PAD not in script
