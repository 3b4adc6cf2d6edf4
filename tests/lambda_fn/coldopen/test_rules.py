"""Rules for the next word."""

from __future__ import annotations

import random
from typing import Any

from coldopen.copies import Copies
from coldopen.lexicon import Lexicon
from coldopen.rules import Rules
from coldopen.steering import Steering
from coldopen.vocabulary import RETURN, Vocabulary, tokenise

VOCABULARY = Vocabulary.of(tokenise("otto: so\n\nines: no. mr. bo: yes\n\notto: a b"))


def rules_after(text: str, line_breaks: int = 2, **steering: Any) -> Rules:
    lexicon = Lexicon(VOCABULARY, line_breaks=line_breaks)
    return Rules(VOCABULARY.ids(tokenise(text)), Steering(**steering), lexicon)


def allowed_after(text: str, line_breaks: int = 2) -> set[str] | None:
    cast = (("otto:",), tuple(tokenise("mr. bo:")))
    allowed = rules_after(text, line_breaks, cast=cast).allowed()
    return None if allowed is None else {VOCABULARY.words[id] for id in allowed}


def test_at_a_line_s_start_only_the_cast_may_speak() -> None:
    assert allowed_after("so\n\n") == {"otto:", "mr"}
    assert allowed_after("so\n") == {"otto:", "mr", RETURN}
    assert allowed_after("so\n", line_breaks=1) == {"otto:", "mr"}


def test_a_cue_of_several_words_is_written_to_its_end() -> None:
    assert allowed_after("so\n\nmr") == {"||period||"}
    assert allowed_after("so\n\nmr.") == {"bo:"}
    assert allowed_after("so\n\nmr. bo:") is None
    assert allowed_after("so\n\notto:") is None


def test_within_a_line_any_word_may_come_but_another_s_cue() -> None:
    rules = rules_after("so", cast=(("otto:",),))
    assert rules.allowed() is None
    assert [rules.forbids(VOCABULARY.id(word)) for word in ("otto:", "ines:", "bo:", "mr", "so")] == [
        False, True, True, False, False,
    ]  # fmt: skip


def test_no_run_of_words_comes_twice() -> None:
    rng = random.Random(2)
    words = [id for id in range(9) if VOCABULARY.words[id] != RETURN]
    ids = words[:3]
    rules = Rules(ids, Steering(no_repeat=3), Lexicon(VOCABULARY))
    for _ in range(400):
        id = rng.choice(words)
        assert rules.forbids(id) == ((*ids[-2:], id) in {tuple(ids[n : n + 3]) for n in range(len(ids) - 2)})
        if not rules.forbids(id):
            ids.append(id)
            rules.add(id)


def test_a_line_break_may_not_come_if_the_next_one_could_not() -> None:
    for line_breaks, forbidden in ((2, True), (1, False)):
        rules = rules_after("so\n\nno. so\n\nyes. so", line_breaks, no_repeat=3)
        assert rules.forbids(VOCABULARY.id(RETURN))  # `. so\n`
        rules = rules_after("a so\n\nb so", line_breaks, no_repeat=3)
        assert rules.forbids(VOCABULARY.id(RETURN)) == forbidden  # `so\n\n`


def test_no_run_of_words_of_the_training_text_comes() -> None:
    text = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    steering = {"copies": Copies.of(text)}
    lexicon = Lexicon(VOCABULARY)
    assert Rules(text[:7], Steering(no_copy=8, **steering), lexicon).forbids(8)  # type: ignore[arg-type]
    assert not Rules([99, *text[:6]], Steering(no_copy=8, **steering), lexicon).forbids(8)  # type: ignore[arg-type]
    longer = Steering(no_copy=10, **steering)  # type: ignore[arg-type]
    assert [Rules(text[:n], longer, lexicon).forbids(text[n]) for n in (7, 8, 9, 10)] == [False, False, True, True]
    assert not Rules(text[1:9], longer, lexicon).forbids(10)  # nine words in a row so far
    assert Rules(text[:4], Steering(no_copy=8, **steering), lexicon).forbids(5) is False  # type: ignore[arg-type]
