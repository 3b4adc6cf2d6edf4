"""Each fault is counted where it is, and nothing where a script is as it should be."""

from __future__ import annotations

import pytest

from bench.faults import FAULTS, Block, blocks_of, speakers_outside, wrong_colons
from coldopen.lexicon import Lexicon

LEXICON = Lexicon(
    cues=dict.fromkeys(["marla", "otto", "mr. bo", "waiter"]),
    casing={"marla": "Marla", "otto": "Otto", "bo": "Bo", "god": "God", "new york": "New York", "dont": "don't"},
)

CLEAN = """MARLA
(sits down)
I ordered the soup... the whole pot, Otto. I'm hungry!

(A waiter drops a tray. Everybody looks.)

OTTO (TO MARLA)
Well-done? "Really"?! It's $5.50, or 1,000 at 8:30 in New York.

[Setting: the kitchen]

MR. BO
(to the waiter)
I-I don't know: it's the U.S. one, (beat) and it's hers. So... (quietly) that's God's own soup.

WAITER
Wait, here it is. (laughing)"""


@pytest.mark.parametrize("fault", FAULTS)
def test_a_clean_script_has_no_fault(fault: str) -> None:
    assert FAULTS[fault](CLEAN, LEXICON) == 0


def test_a_script_is_read_as_speeches_and_lines_of_action() -> None:
    assert blocks_of("MARLA\n(sits)\nSoup.\n\nSHE LEAVES.\n\nOTTO\nNo.") == [
        Block("MARLA", "(sits)\nSoup."), Block("", "SHE LEAVES."), Block("OTTO", "No."),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "script", "count"),
    [
        ("ends in mid-sentence", "MARLA\nSoup. And the", 1),
        ("ends in mid-sentence", "MARLA\nSoup,", 1),
        ("ends in mid-sentence", "MARLA\nSoup. And, (to otto)", 1),
        ("ends in mid-sentence", "MARLA\nSoup. (to", 1),
        ("ends in mid-sentence", "MARLA\nSoup.\n\nOTTO", 1),
        ("ends in mid-sentence", 'MARLA\nHe said "soup."', 0),
        ("ends in mid-sentence", "MARLA\n(sits down)", 0),
        ("ends in mid-sentence", "MARLA\nWhat?\n\n[Setting: the kitchen]", 0),
        ("speakers' names in lower case", "MARLA\nHey, otto, is it otto's?\n\n(marla leaves with Otto)", 3),
        ("speakers' names in lower case", "MARLA\nThe waiter.", 0),
        ("other proper words in lower case", "MARLA\nMy god, new york! New York, new. York.", 2),
        ("sentences in lower case behind an aside", "MARLA\n(sits) soup.\n\nOTTO\nNo. (to marla) (beat) so what?", 2),
        ("sentences in lower case behind an aside", "MARLA\nI saw (beat) the soup, (beat) and you.", 0),
        ("asides that are sentences, in lower case", "MARLA\nSo. (otto laughs.) (to mr. bo) What? (leaves...)", 1),
        ("lines taken as a speaker's that are nobody's", "[SETTING\nThe kitchen]\n\nHERE IS THE PLAN\nWe run.", 2),
        ("lines taken as a speaker's that are nobody's", "MARLA SITS)\nSoup.\n\nMARLA (SITS)\nSoup.", 1),
        ("cues without a speech", "MARLA\n\nOTTO\nWhat?\n\nMR. BO\n\nSOUP", 2),
        ("contractions without apostrophe", "MARLA\nDont. Im sure theyve said its hers.", 3),
        ("quotation marks left open", 'MARLA\nHe said "soup.\n\nOTTO\n"No."', 1),
        ("parentheses and brackets left open", "MARLA\n(sits\n\nOTTO LEAVES)\nNo.\n\n[Setting: here\n\nOTTO\n(no)", 3),
    ],
)
def test_a_fault_is_counted(fault: str, script: str, count: int) -> None:
    assert FAULTS[fault](script, LEXICON) == count


@pytest.mark.parametrize(
    "broken",
    [
        "Well,, no", "Well,. no", "Well,... no", "So.. no", "So..... no", "What?. No", "No!!!!", "What?!?!", "$5. 50",
        "1, 000", "8: 30", "the u. S.", "i-I see", "th-That is", "they? Ve gone", "no , no", "so ( ) no", 'so "" no',
    ],
)  # fmt: skip
def test_a_broken_mark_is_counted(broken: str) -> None:
    assert FAULTS["broken marks"](f"MARLA\n{broken}", LEXICON) == 1


@pytest.mark.parametrize(
    "whole",
    [
        "So... no",
        "So.... No",
        "No!!!",
        "What?!",
        "I-I see",
        "anti-American",
        "What? Very",
        "in 5, 10 or 20",
        "to B. No",
    ],
)
def test_a_whole_mark_is_not(whole: str) -> None:
    assert FAULTS["broken marks"](f"MARLA\n{whole}", LEXICON) == 0


@pytest.mark.parametrize(
    ("script", "plain", "count"),
    [
        ("MARLA\nHere: at 8:30.\n\nOTTO\nNo.", "marla: here: at 8:30.\n\notto: no.", 0),
        ("MARLA\nSoup.", "marla: soup.\n\notto:", 0),
        ("MARLA\nSoup.", "marla: soup.\n\notto: (", 0),
        ("MARLA\nSoup.\n\nOTTO", "marla: soup.\n\notto:", 0),
        ("MARLA\nSoup.\n\nCUT TO", "marla: soup.\n\ncut to:", 1),
        ("MARLA\nHere at 8:30.", "marla: here: at 8:30.", 1),
        ("MARLA\nHere: soup.", "marla: here soup.", 1),
    ],
)
def test_a_colon_that_one_of_the_forms_lacks_is_counted(script: str, plain: str, count: int) -> None:
    assert wrong_colons(script, plain, LEXICON) == count


def test_speeches_of_others_than_the_cast_are_counted() -> None:
    assert speakers_outside(CLEAN, ["marla", "Otto", "mr. bo", "waiter"]) == 0
    assert speakers_outside(CLEAN, ["marla", "mr. bo"]) == 2
