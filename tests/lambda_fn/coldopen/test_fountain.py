"""What a Fountain parser reads in the format `fountain`: each speech as dialogue, all else as action."""

from __future__ import annotations

import random
import re
from io import StringIO

import pytest
from screenplain.parsers.fountain import parse
from screenplain.richstring import RichString, Underline
from screenplain.types import Action, Dialog

from coldopen.lexicon import Lexicon
from coldopen.screenplay import Block, blocks, render
from coldopen.vocabulary import PUNCTUATION, tokenise

CUES = ("marla", "otto", "mr. bo", "#1", "2", "@home", "est man", "ext", "*star", "_under", "all", "voice/tv", "to")
LEXICON = Lexicon(cues=dict.fromkeys(CUES))


def parsed(text: str) -> list[Block]:
    """The blocks that screenplain reads in a Fountain text; it must hold dialogue and plain action alone."""
    screenplay = parse(StringIO(text))
    assert screenplay.title_page == {}, text
    found = []
    for paragraph in screenplay:
        if isinstance(paragraph, Dialog):
            for is_parenthetical, line in paragraph.blocks:
                assert is_parenthetical == str(line).startswith("("), text
            lines = tuple(unescaped(line) for _, line in paragraph.blocks)
            found.append(Block(unescaped(paragraph.character), lines))
        else:
            assert isinstance(paragraph, Action), (type(paragraph), text)
            assert not paragraph.centered, text
            found.append(Block("", tuple(unescaped(line) for line in paragraph.lines)))
    return found


def unescaped(line: RichString) -> str:
    """A line as a reader of the specification sees it: screenplain takes an escaped `_` for the mark that it is not."""
    marked = (f"_{segment.text}_" if Underline in segment.styles else segment.text for segment in line.segments)
    return re.sub(r"\\([*_\\])", r"\1", "".join(marked))


def meant(words: list[str]) -> list[Block]:
    """The blocks of words that say something, but for a name that a script breaks off at.

    `[[` would open a note; it is written with a space between.
    """
    found = blocks(words, LEXICON)
    if found and not found[-1].speaker and " ".join(found[-1].lines).lower() in CUES:
        del found[-1]
    found = [block for block in found if block.lines]
    return [Block(block.speaker, tuple(line.replace("[[", "[ [") for line in block.lines)) for block in found]


def read_back(words: list[str]) -> list[Block]:
    return parsed(render(words, "fountain", LEXICON))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("marla: soup.\n\notto: no!", [Block("MARLA", ("Soup.",)), Block("OTTO", ("No!",))]),
        (
            "marla: (sits down) soup. (to otto) you?",
            [Block("MARLA", ("(sits down)", "Soup.", "(to otto)", "You?"))],
        ),
        ("otto (to marla): no.", [Block("OTTO (TO MARLA)", ("No.",))]),
        ("mr. bo: soup.\n\n2: no.", [Block("MR. BO", ("Soup.",)), Block("2", ("No.",))]),
        ("#1: no.", [Block("#1", ("No.",))]),
        ("ext: soup.\n\nest man: no.", [Block("EXT", ("Soup.",)), Block("EST MAN", ("No.",))]),
        ("@home: soup.\n\nvoice/tv: no.", [Block("@HOME", ("Soup.",)), Block("VOICE/TV", ("No.",))]),
        ("(a tray drops.)\n\nmarla: oh.", [Block("", ("(A tray drops.)",)), Block("MARLA", ("Oh.",))]),
    ],
)  # fmt: skip
def test_speeches_are_dialogue_and_directions_action(text: str, expected: list[Block]) -> None:
    assert read_back(tokenise(text)) == expected


@pytest.mark.parametrize(
    "line",
    [
        "int. the kitchen", "ext the street", "est. the diner", "i/e the car", ".kitchen", "cut to:", "> fade out.",
        "> centred <", "# part one", "= a synopsis", "===", "~ a song", "! no", "@marla", "*", "8:30", "...", "marla",
        "note: soup", "title: soup", "[[ a note ]]", "a [[ b", "/* soup */", "*bold* and _under_", "tv", "a\\b", "no ^",
    ],
)  # fmt: skip
@pytest.mark.parametrize("before", ["", "marla: soup.\n\n"])
def test_a_line_of_action_is_nothing_else(line: str, before: str) -> None:
    words = tokenise(f"{before}{line}\n\notto: no.")
    *_, action, last = read_back(words)
    assert (action.speaker, last) == ("", Block("OTTO", ("No.",)))
    assert action in meant(words)


@pytest.mark.parametrize(
    "said",
    [
        "int. the kitchen", "cut to:", "> no <", "# one", "= no", "===", "~ la", "! no", "@marla", ".no", "no ^",
        "a\\b", "[[ a note ]]", "[[ a", "a ]]", "/* soup */", "/* soup", "soup */", "*a* _b_", "(a) b (c)", "(a", "a)",
    ],
)  # fmt: skip
def test_what_is_said_is_said_whole(said: str) -> None:
    words = tokenise(f"marla: so, {said}\n\nmarla: {said}\n\notto: no.")
    assert read_back(words) == meant(words)


def test_any_order_of_words_is_read_as_it_was_meant() -> None:
    rng = random.Random(12)
    plain = ["soup", "i", "marla", "tv", "8:30", "'cause", "mr", "ve", "to", "fade"]
    cues = ["marla:", "otto:", "#1:", "2:", "@home:", "ext:", "all:", "to:", "*star:", "_under:"]
    nasty = [
        "int.", "int", "ext", "est", "i/e", ":", "@", "!", ">", "<", "~", "=", "===", "#", ".", "..", "[[", "]]", "[",
        "]", "/*", "*/", "*", "**", "_", "\\", "^", "*b*", "_u_", "[setting:", "title:", "note:", "cut", "to:",
    ]  # fmt: skip
    marks = [*PUNCTUATION.values(), PUNCTUATION["\n"], PUNCTUATION["\n"]]
    pools = [plain, cues, nasty, marks]
    for _ in range(3000):
        words = [rng.choice(rng.choice(pools)) for _ in range(rng.randint(1, 14))]
        if expected := meant(words):
            assert read_back(words) == expected, words
