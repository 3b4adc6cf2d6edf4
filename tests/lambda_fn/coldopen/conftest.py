"""A machine without int8, a lexicon, and a bundle with all that one may have, in an S3 that fails as it is told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from coldopen.bundle.content import bundle_of
from coldopen.bundle.manifest import COPIES, LEXICON
from coldopen.bundle.write import bundle_files
from coldopen.copies import Copies
from coldopen.lexicon import Lexicon
from coldopen.vocabulary import Vocabulary, tokenise
from tests.conftest import aws_settings
from tests.faulty_s3 import FaultyS3, faulty_s3

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


@pytest.fixture(scope="session")
def full_files(untrained_files: dict[str, bytes], diner: str) -> dict[str, bytes]:
    """The files of the untrained bundle, with a lexicon and the diner's runs of words."""
    bundle = bundle_of(untrained_files, "diner")
    lexicon = Lexicon(bundle.vocabulary, cues={"marla": None, "otto": None}, casing={"otto": "Otto"}, line_breaks=2)
    copies = Copies.of(bundle.vocabulary.ids(tokenise(diner)))
    optional = {LEXICON: lexicon.to_bytes(), COPIES: copies.to_bytes()}
    return bundle_files(bundle.state_dict(), bundle.vocabulary, bundle.manifest.network, "diner", {}, optional)


@pytest.fixture
def failing_s3(full_files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyS3]:
    """An S3 with that bundle, which this process's AWS settings point to; nothing fails yet."""
    with faulty_s3(full_files) as s3:
        for name, value in aws_settings(s3.url).items():
            monkeypatch.setenv(name, value)
        yield s3
