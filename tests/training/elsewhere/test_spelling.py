"""Tokens and words of other spellings: read as ours, or refused with the count."""

from __future__ import annotations

import string

import pytest

from coldopen.vocabulary import PAD, PUNCTUATION, RETURN, UNKNOWN
from training.elsewhere.errors import ForeignModelError
from training.elsewhere.spelling import with_our_spelling

END = [PUNCTUATION["."]]


@pytest.mark.parametrize(
    ("spelling", "mark"),
    [
        *((f"||{name}||", mark) for name, mark in (("Period", "."), ("Question_Mark", "?"), ("Left_Parentheses", "("))),
        *(
            (f"||{name}||", mark)
            for name, mark in (("Right_Parenthesis", ")"), ("Semi_Colon", ";"), ("Quotation_Mark", '"'))
        ),
        *(
            (f"<{name}>", mark)
            for name, mark in (("QUESTION", "?"), ("COMMA", ","), ("NEW_LINE", "\n"), ("LEFT_PAREN", "("))
        ),
        *((f"<{name}>", mark) for name, mark in (("EXCLAMATION_MARK", "!"), ("HYPHENS", "-"), ("eol", "\n"))),
        *(("[PERIOD]", "."), ("{comma}", ","), ("__dash__", "-"), ("|newline|", "\n")),
        *((".", "."), ("?", "?"), ("\n", "\n"), ("\\n", "\n"), ("-", "-"), ("<eos>", "\n")),
    ],
)
def test_a_mark_s_token_is_recognised(spelling: str, mark: str) -> None:
    words, notes = with_our_spelling(["the", spelling], "vocab.json")
    assert words == ["the", PUNCTUATION[mark]]
    assert notes[0].startswith("1 token spelt otherwise: ")


@pytest.mark.parametrize(
    ("spelling", "word"),
    [("<pad>", PAD), ("[PAD]", PAD), ("<unk>", UNKNOWN), ("UNK", UNKNOWN), ("||Colon||", ":"), ("<ELLIPSIS>", "...")],
)
def test_fill_ins_and_other_marks_are_recognised(spelling: str, word: str) -> None:
    assert with_our_spelling(["the", spelling, *END], "vocab.json")[0] == ["the", word, *END]


def test_words_are_never_taken_for_tokens() -> None:
    words = ["period", "question", "comma", "return", "dash", "pad", "unk", "[laughs]", "<b>", *END]
    assert with_our_spelling(words, "vocab.json")[0] == words


def test_an_end_of_line_is_one_only_where_nothing_else_is() -> None:
    words, notes = with_our_spelling(["<eos>", "<NEWLINE>", "the"], "vocab.json")
    assert words == ["<eos>", RETURN, "the"]
    assert "scripts may show <eos>" in notes


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["||banana||"], r'holds "\|\|banana\|\|", which stands for no mark that is known here'),
        (["||Dash||", "||dash||"], r'holds "\|\|Dash\|\|", which means the same as "\|\|dash\|\|"'),
        (["The", "the", "A", "hello"], "holds 2 words with capitals, 1 of them in another case too"),
        ([*string.ascii_lowercase, " "], r"holds letters \(a, b, c, d, e, ...\), so the model writes letter by letter"),
        (["Ġthe", "ing", "Ġsoup"], "holds pieces of words"),
        (["soup", "##ing", "##ed"], "holds pieces of words"),
    ],
)
def test_what_can_t_be_spelt_is_refused(words: list[str], message: str) -> None:
    with pytest.raises(ForeignModelError, match=message):
        with_our_spelling(words, "vocab.json")


def test_capitals_are_lower_cased_where_that_is_unique() -> None:
    words, notes = with_our_spelling(["The", "Jerry:", "soup", *END], "vocab.json")
    assert words == ["the", "jerry:", "soup", *END]
    assert notes == ["2 words with capitals, lower-cased: The, Jerry:"]


def test_curly_apostrophes_become_those_of_a_keyboard_where_that_is_unique() -> None:
    words, notes = with_our_spelling(["don\u2019t", "it\u2019s", "it's", *END], "vocab.json")
    assert words == ["don't", "it\u2019s", "it's", *END]
    assert notes[0] == "1 word with curly marks, which become a keyboard's: don\u2019t"


def test_what_no_prime_can_hold_is_told() -> None:
    words, notes = with_our_spelling(["twenty-one", "new york", "the"], "vocab.json")
    assert words == ["twenty-one", "new york", "the"]
    assert notes == [
        "no word stands for a mark or a line break: scripts will have neither",
        "2 words that no prime can hold, as tokenising parts it: twenty-one, new york",
    ]
