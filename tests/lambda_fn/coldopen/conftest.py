"""A machine without int8, and a lexicon."""

from __future__ import annotations

import pytest

from coldopen.lexicon import Lexicon
from coldopen.vocabulary import Vocabulary, tokenise

TEXT = """
marla: hello there, otto (to marla, and so to you). we'd say it costs five - or twenty-five. don't dont they've said so?
yes! i am mr. pitt; "what's" he said: the plan is new york, i-i know (beat) plan a god and more and

otto: no.

marla: hey

marla: hey

marla: hey

otto (to marla): hey

uncle leo: hey

mr. pitt: hey

jean-paul: hey

phone: hello phone phone

alex trebek: hey

man #1: hey
"""


@pytest.fixture
def without_int8(monkeypatch: pytest.MonkeyPatch) -> None:
    """Torch has no int8 engine."""
    monkeypatch.setattr("coldopen.engine.int8_engine", lambda: None)


@pytest.fixture
def lexicon() -> Lexicon:
    """What could have been learnt of a short text."""
    return Lexicon(
        Vocabulary.of(tokenise(TEXT)),
        cues=dict.fromkeys(["marla", "otto", "uncle leo", "mr. pitt", "jean-paul", "alex trebek", "phone", "man #1"]),
        casing={"marla": "Marla", "otto": "Otto", "god": "God", "new york": "New York", "dont": "don't"},
        compounds=frozenset(["twenty-five", "jean-paul"]),
    )


@pytest.fixture
def bare_lexicon(lexicon: Lexicon) -> Lexicon:
    """What is known of the same text without a lexicon's file."""
    return Lexicon(lexicon.vocabulary)
