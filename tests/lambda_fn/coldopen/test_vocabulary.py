"""Text to words and back."""

from __future__ import annotations

import pytest

from coldopen.errors import UnknownWordError
from coldopen.vocabulary import PAD, PUNCTUATION, UNKNOWN, Vocabulary, detokenise, fold, tokenise


def test_each_mark_becomes_a_word_of_its_own() -> None:
    text = 'A. B, "c"; d! e? (f) g-h\n'
    assert tokenise(text) == [
        "a", "||period||", "b", "||comma||", "||quotationmark||", "c", "||quotationmark||", "||semicolon||", "d",
        "||exclamationmark||", "e", "||questionmark||", "||leftparentheses||", "f", "||rightparentheses||", "g",
        "||dash||", "h", "||return||",
    ]  # fmt: skip


def test_colons_and_apostrophes_stay_within_the_word() -> None:
    assert tokenise("MARLA: I'm here") == ["marla:", "i'm", "here"]


@pytest.mark.parametrize(
    "text",
    [
        "marla: is this seat taken? (sits down) no.",
        'otto: a "treat," she said; "two treats!"',
        "a waiter-in-training\n\ndrops a tray...",
        'ines: "open\nbo: "closed" again',
        "otto (to marla): well",
        "[setting: a diner. rain.] marla: so [sits ] here",
        "",
    ],
)
def test_detokenising_gives_the_text_back(text: str) -> None:
    words = tokenise(text)
    assert tokenise(detokenise(words)) == words
    if "(to" not in text:  # whose parenthesis and colon were one piece before
        assert detokenise(words) == text


@pytest.mark.parametrize(
    "text",
    [
        "it costs $5.50, or 1,000, or 10,000.50%",
        "in 1990, 500 people; 3. 2nd",
        "the u.s. says o.k. (v.o.) plan b. i see",
        "see http://soup.example.com. or soup.com now",
        "j. bo",
    ],
)
def test_numbers_initials_and_addresses_are_written_in_one_piece(text: str) -> None:
    assert detokenise(tokenise(text)) == text


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("what\u2019s \u201cit\u201d \u2018now\u2019 don`t", "what's \"it\" 'now' don't"),
        ("well\u2026 so \u2014 no\u2014go", "well... so -- no--go"),
        ("1989\u201398 \u2013 a \u2013b co\u2010op", "1989-98 -- a --b co-op"),
        ("it\x92s \x93soup\x94 \x97 so\x85", 'it\'s "soup" -- so...'),
        ("cafe\u0301 so\u00adup\u200b", "caf\u00e9 soup"),
        ("\u00bfqu\u00e9? 'soup' \u043d\u0435\u0442", "\u00bfqu\u00e9? 'soup' \u043d\u0435\u0442"),
    ],
)
def test_marks_become_those_of_a_keyboard(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold(folded) == folded


def test_no_token_s_name_and_no_padding_is_ever_visible() -> None:
    text = detokenise([PAD, *PUNCTUATION.values(), UNKNOWN, *reversed(PUNCTUATION.values()), "word"])
    assert "||" not in text
    assert PAD not in text
    assert UNKNOWN not in text


def test_the_vocabulary_lists_pad_and_then_words_by_falling_frequency() -> None:
    assert Vocabulary.of(["b", "a", "b", "c", "a", "b"]).words == (PAD, "b", "a", "c")


def test_rare_words_can_be_one_unknown_word() -> None:
    vocabulary = Vocabulary.of(["b", "a", "b", "c", "a", "b"], min_count=2)
    assert vocabulary.words == (PAD, "b", "a", UNKNOWN)
    assert vocabulary.never_generated == [0, 3]
    assert vocabulary.with_prefix("") == ["b", "a"]
    assert Vocabulary.of(["b", "b"], min_count=2).words == (PAD, "b")


def test_ids_and_words_belong_together() -> None:
    vocabulary = Vocabulary.of(["b", "a", "b"])
    assert vocabulary.ids(["a", "b"]) == [2, 1]
    assert (vocabulary.pad_id, len(vocabulary), "a" in vocabulary, "z" in vocabulary) == (0, 3, True, False)


@pytest.mark.parametrize(
    ("words", "message"),
    [(["a", "b", "a"], "'a' twice"), ([], "no words"), (["a", ""], "'', which is not a word"), (["a", 3], "3, which")],
)
def test_what_can_t_be_a_vocabulary_is_refused(words: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Vocabulary(words)


def test_an_unknown_word_is_answered_with_the_nearest_ones() -> None:
    vocabulary = Vocabulary.of(["marla:", "marlin", "otto:", "soup", "||period||"])
    with pytest.raises(UnknownWordError, match="never seen the word 'marls'; nearest: marla, marlin") as caught:
        vocabulary.id("marls")
    assert caught.value.suggestions == ("marla", "marlin")


def test_the_nearest_word_is_among_them_however_rare_it_is() -> None:
    vocabulary = Vocabulary.of(["with", "wish", "withins", "wit", "within"])
    assert vocabulary.nearest("withjn", 2) == ("with", "within")


def test_a_refused_word_is_never_suggested_and_apostrophes_may_be() -> None:
    vocabulary = Vocabulary.of(["soup:", "soups", "what's", "don't"])
    assert vocabulary.nearest("soup") == ("soups",)
    assert vocabulary.nearest("whats") == ("what's",)


def test_a_word_like_no_other_has_no_nearest() -> None:
    with pytest.raises(UnknownWordError, match=r"never seen the word 'xyzzy'$"):
        Vocabulary.of(["soup"]).id("xyzzy")


def test_a_prefix_finds_words_but_no_tokens() -> None:
    vocabulary = Vocabulary.of(["marla:", "soup", "||period||", "marlin"])
    assert vocabulary.with_prefix("MAR") == ["marla:", "marlin"]
    assert vocabulary.with_prefix("") == ["marla:", "soup", "marlin"]
