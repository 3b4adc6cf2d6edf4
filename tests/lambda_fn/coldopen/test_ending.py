"""Where a script ends."""

from __future__ import annotations

from typing import Any

import pytest

from coldopen.ending import Ending
from coldopen.lexicon import Lexicon
from coldopen.steering import MAX_EXTRA_WORDS, Steering
from coldopen.vocabulary import Vocabulary, detokenise, tokenise


def ended(
    text: str, length: int, prime: str = "otto:", has_cues: bool = True, **steering: Any
) -> tuple[str, str | None]:
    """What is left of a text that is written after a prime, and why it ended."""
    lexicon = Lexicon(Vocabulary(["a"]), dict.fromkeys(["otto", "ines", "mr. bo"] if has_cues else []))
    ending = Ending(tokenise(prime), length, Steering(**steering), lexicon)
    for word in tokenise(text):
        if ending.reason:
            break
        ending.add(word)
    return detokenise(ending.written[len(tokenise(prime)) :]), ending.reason


MORE = " and so on" * 20


@pytest.mark.parametrize("length", [1, 4])
def test_by_default_a_script_has_its_length(length: int) -> None:
    assert ended("soup is good. really", length) == (
        " ".join("soup is good.".replace(".", " .").split()[:length]).replace(" .", "."),
        "length",
    )


@pytest.mark.parametrize(
    ("text", "length", "kept"),
    [
        ("soup. is good. so", 2, "soup."),  # the sentence ended there
        ("soup. is good. so", 3, "soup. is good."),  # on to its end
        ("soup is good? ines: so", 3, "soup is good?"),
        ("soup is mr. bo's? ines: so", 4, "soup is mr. bo's?"),
        ("it costs 5.50 now! so", 4, "it costs 5.50 now!"),
        ('he said "no. never." so', 4, 'he said "no. never."'),
        ("no. (he sits. down) so. it", 4, "no. (he sits. down) so."),
        ("no. (he sits.) so. it", 4, "no. (he sits.)"),
        ("well... so? it", 2, "well..."),
        ("no\n\nines: so. it", 2, "no\n\nines: so."),  # a line without a mark at its end ends no sentence
        ("yes. so" + MORE, 5, "yes."),  # no end is near: back to the last one
        ("yes.\n\nines: (beat)" + MORE, 5, "yes."),
    ],
)
def test_a_script_ends_with_a_sentence(text: str, length: int, kept: str) -> None:
    assert ended(text, length, end="sentence") == (kept, "sentence")


def test_an_empty_cue_is_cut_off() -> None:
    assert ended("yes.\n\nines: so", 5, end="sentence") == ("yes.", "sentence")


def test_a_script_without_an_end_in_reach_has_its_length() -> None:
    assert ended("so" + MORE, 5, end="sentence") == ("so and so on and", "length")
    assert len(tokenise(MORE)) > 5 + MAX_EXTRA_WORDS


def test_a_script_goes_on_for_thirty_words_and_no_more() -> None:
    words = " ".join(["so"] * (4 + MAX_EXTRA_WORDS))
    assert ended(f"{words[:-3]}. so", 5, end="sentence")[1] == "sentence"
    assert ended(f"{words} so so. so", 5, end="sentence")[1] == "length"


@pytest.mark.parametrize(
    ("text", "length", "kept"),
    [
        ("no. so\n\nines: yes\n\notto:", 2, "no. so"),
        ("no. so\n\nines: yes\n\notto:", 7, "no. so\n\nines: yes"),
        ("no. so\n\nines: yes\n\notto:", 6, "no. so"),
        ("no. ines: yes\n\notto:", 2, "no."),  # a cue behind a sentence begins a speech
        ("no\n\nines: yes" + MORE, 7, "no"),
    ],
)
def test_a_script_ends_with_a_speech(text: str, length: int, kept: str) -> None:
    assert ended(text, length, end="line") == (kept, "line")


@pytest.mark.parametrize(
    ("text", "lines", "kept"),
    [
        ("no\n\nines: yes\n\notto: so\n\n", 1, "no"),
        ("no\n\nines: yes\n\notto: so\n\n", 2, "no\n\nines: yes"),
        ("no. ines: yes. otto: so", 2, "no. ines: yes."),
        ("no\n\n(she sits)\n\n[later]\n\notto: so\n\n", 2, "no\n\n(she sits)\n\n[later]\n\notto: so"),
        ("no\n\nines:\n\notto: so\n\n", 2, "no\n\nines:\n\notto: so"),  # who says nothing gives no speech
    ],
)
def test_a_script_has_so_many_speeches(text: str, lines: int, kept: str) -> None:
    assert ended(text, 100, lines=lines) == (kept, "line")


def test_speeches_that_the_prime_holds_do_not_count_but_the_one_that_goes_on_does() -> None:
    assert ended(" soup\n\notto: so\n\n", 100, prime="otto: no\n\nines: oh", lines=1) == ("soup", "line")
    assert ended("\n\notto: so\n\n", 100, prime="otto: no\n\nines: oh", lines=1) == ("\n\notto: so", "line")


def test_where_nobody_speaks_lines_are_counted() -> None:
    assert ended("soup is\n\ngood\n\nso", 100, prime="hot", has_cues=False, lines=2) == ("soup is\n\ngood", "line")


def test_a_length_holds_for_lines_too() -> None:
    assert ended("no\n\nines: yes\n\n", 2, lines=5)[1] == "length"


@pytest.mark.parametrize(
    ("text", "stop", "kept"),
    [
        ("so it is soup now", [("soup",)], "so it is"),
        ("so it is\n\nines: now", [("ines",)], "so it is\n\n"),
        ("so it is\n\nines: now", [("\n",)], "so it is"),
        ("\n\nines: now\n\n", [("\n",)], "\n\nines: now"),  # a line of the script's own
        ("so it is hot soup now", [("cold", "soup"), ("hot", "soup")], "so it is"),
        ("otto so it is, soup", [("so", "it")], "otto"),
        ("soup", [("soup",)], ""),
    ],
)
def test_a_word_stops_a_script_before_it_comes(text: str, stop: list[tuple[str, ...]], kept: str) -> None:
    tokens = tuple(tuple(token for word in words for token in (tokenise(word))) for words in stop)
    assert ended(text, 100, stop=tokens) == (kept, "stop")


def test_words_of_the_prime_stop_nothing() -> None:
    assert ended("soup is", 2, prime="hot", stop=(("hot", "soup"),))[1] == "length"


def test_giving_up_keeps_what_is_there_up_to_a_good_end_if_one_was_asked_for() -> None:
    for end, kept in (("length", "no. so"), ("sentence", "no.")):
        ending = Ending(["otto:"], 100, Steering(end=end), Lexicon(Vocabulary(["a"])))  # type: ignore[arg-type]
        for word in tokenise("no. so"):
            ending.add(word)
        ending.give_up("deadline")
        assert (detokenise(ending.written[1:]), ending.reason) == (kept, "deadline")
