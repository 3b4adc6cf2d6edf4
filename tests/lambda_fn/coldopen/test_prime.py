"""Primes: as people type them, and as replies gave them."""

from __future__ import annotations

import random

import pytest

from coldopen.errors import UnknownWordError
from coldopen.lexicon import Lexicon
from coldopen.prime import MAX_PRIME_WORDS, read_prime
from coldopen.screenplay import FORMATS, Format, render
from coldopen.vocabulary import PUNCTUATION, RETURN, Vocabulary, detokenise, tokenise


def read(text: str, lexicon: Lexicon) -> str:
    return detokenise(read_prime(text, lexicon)[0])


@pytest.mark.parametrize("prime", ["marla", "Marla", " MARLA ", "marla:", "Marla\n"])
def test_a_speaker_s_name_is_that_speaker_s_cue(lexicon: Lexicon, bare_lexicon: Lexicon, prime: str) -> None:
    for known in (lexicon, bare_lexicon):
        assert read(prime, known).strip("\n") == "marla:"


@pytest.mark.parametrize("prime", ["uncle leo", "Mr. Pitt", "jean-paul", "Alex Trebek"])
def test_a_name_of_several_words_is_a_cue(lexicon: Lexicon, prime: str) -> None:
    assert read(prime, lexicon) == f"{prime.lower()}:"


def test_a_last_word_that_is_only_known_as_a_cue_is_read_as_one(bare_lexicon: Lexicon) -> None:
    assert read("alex trebek", bare_lexicon) == "alex trebek:"
    assert read("the trebek", bare_lexicon) == "the trebek:"


def test_the_last_of_a_speaker_s_names_is_read_as_a_cue(lexicon: Lexicon) -> None:
    assert read("trebek", lexicon) == "trebek:"


@pytest.mark.parametrize("prime", ["phone", "hello there", "hello marla", "the plan, otto"])
def test_other_words_stay_as_they_are(lexicon: Lexicon, prime: str) -> None:
    assert read(prime, lexicon) == prime


@pytest.mark.parametrize(
    ("prime", "words"),
    [
        ("we\u2019d say", "we'd say"),
        ("\u201chello\u201d", '"hello"'),
        ("hello\u2026", "hello..."),
        ("marla \u2014 hello", "marla--hello"),
        ("marla: I don\u2019t", "marla: i don't"),
        ("here is the plan: hello", None),
        ("the plan: hello", "the plan: hello"),
        ("hello there]", "hello there"),
    ],
)
def test_marks_that_no_keyboard_has_are_read_as_those_that_it_has(
    lexicon: Lexicon, prime: str, words: str | None
) -> None:
    if words is None:
        with pytest.raises(UnknownWordError):
            read(prime, lexicon)
    else:
        assert read(prime, lexicon) == words


def test_marks_stay_where_the_model_knows_them() -> None:
    lexicon = Lexicon(Vocabulary(["what\u2019s", "what's", "so"]))
    assert read_prime("what\u2019s so", lexicon)[0] == ["what\u2019s", "so"]


@pytest.mark.parametrize(
    ("prime", "message"),
    [
        ("hello otta", "'otta'; nearest: otto"),
        ("they\u2019v", "\"they'v\"; nearest: they've"),
        ("Marlo: hello", "'marlo:'; nearest: marla"),
        ("xyzzy", "'xyzzy'$"),
    ],
)
def test_an_unknown_word_is_named_with_others_that_are_known(lexicon: Lexicon, prime: str, message: str) -> None:
    with pytest.raises(UnknownWordError, match=message):
        read_prime(prime, lexicon)


@pytest.mark.parametrize(
    ("script", "plain"),
    [
        ("MARLA\nHello there.\n\nOTTO\nNo.", "marla: hello there.\n\notto: no."),
        ("Marla\nhello\n\notto\nno", "marla: hello\n\notto: no"),
        ("MARLA\n(beat)\nHello.\n(to Otto)\nNo?", "marla: (beat) hello. (to otto) no?"),
        ("MARLA (TO OTTO)\nHello", "marla (to otto): hello"),
        ("MARLA:\nHello\n\nOTTO:\nNo", "marla: hello\n\notto: no"),
        ("marla: hello\notto: no", "marla: hello\n\notto: no"),
        ("MARLA\r\nHello\r\n\r\n(beat)\r\n\r\nOTTO", "marla: hello\n\n(beat)\n\notto:"),
        ("marla: hello\n\nUNCLE LEO", "marla: hello\n\nuncle leo:"),
        ("MARLA\nHello\nand more\n\n", "marla: hello and more\n\n"),
        ("@MAN #1\nHello \\* there\n\n!No.", None),
        ("@MAN #1\nHello there\n\n!NO.", "man #1: hello there\n\nno."),
        ("hello there.\nno", "hello there.\nno"),
    ],
)
def test_a_script_is_read_in_any_layout_and_letter_case(lexicon: Lexicon, script: str, plain: str | None) -> None:
    if plain is None:
        with pytest.raises(UnknownWordError, match=r"'\*'"):
            read(script, lexicon)
    else:
        assert read(script, lexicon) == plain


def test_lines_are_parted_by_as_many_line_breaks_as_in_training(lexicon: Lexicon) -> None:
    one = Lexicon(lexicon.vocabulary, lexicon.cues, line_breaks=1)
    assert read("MARLA\nHello.\n\nOTTO\nNo.", one) == "marla: hello.\notto: no."


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("is_bare", [True, False])
def test_what_is_rendered_is_read_as_what_it_was(
    form: Format, is_bare: bool, lexicon: Lexicon, bare_lexicon: Lexicon
) -> None:
    known = bare_lexicon if is_bare else lexicon
    assert known.vocabulary is not None
    rng = random.Random(5)
    pool = tokenise("hello there the plan i god new york more dont don't they've five so??.,(-\"")
    for _ in range(500):
        words = ["otto:", *(rng.choice(pool) for _ in range(12))]
        for _ in range(4):
            words += ["\n", "\n", *rng.choice(["marla:", "man #1:", "(beat)"]).split(), "hello", rng.choice(pool)]
        script = render(tokenise(" ".join(words)), form, known)
        read_words, left_out = read_prime(script, known)
        assert render(read_words, form, known) == script
        assert left_out == 0
        if form == "plain":
            assert read_words == tokenise(script)


def test_of_a_long_prime_the_last_words_are_read_from_a_line_s_start(lexicon: Lexicon) -> None:
    line = [*tokenise("marla: hello there"), RETURN, RETURN]
    words, left_out = read_prime(detokenise(line * 600), lexicon)
    assert left_out + len(words) == 3000
    assert MAX_PRIME_WORDS - len(line) <= len(words) <= MAX_PRIME_WORDS
    assert words[0] == "marla:"


def test_a_long_prime_without_lines_is_cut_where_it_must_be(lexicon: Lexicon) -> None:
    words, left_out = read_prime("hello " * 3000, lexicon)
    assert (len(words), left_out) == (MAX_PRIME_WORDS, 1000)
    assert read_prime("-" * 3000, lexicon) == ([PUNCTUATION["-"]] * MAX_PRIME_WORDS, 1000)
    assert len(read_prime("hello" + "\n" * 3000, lexicon)[0]) == MAX_PRIME_WORDS
    assert read_prime("\u2026" * 1000, lexicon) == ([PUNCTUATION["."]] * MAX_PRIME_WORDS, 1000)
