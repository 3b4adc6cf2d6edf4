"""A bundle with all that a bundle may have."""

from __future__ import annotations

from pathlib import Path

import pytest

from coldopen.bundle.content import bundle_of
from coldopen.bundle.manifest import COPIES, LEXICON
from coldopen.bundle.write import bundle_files, write_bundle
from coldopen.copies import Copies
from coldopen.lexicon import Lexicon
from coldopen.vocabulary import tokenise


@pytest.fixture(scope="session")
def full_files(untrained_files: dict[str, bytes], diner: str) -> dict[str, bytes]:
    """The files of the untrained bundle, with a lexicon and the diner's runs of words."""
    bundle = bundle_of(untrained_files, "diner")
    lexicon = Lexicon(bundle.vocabulary, cues={"marla": None, "otto": None}, casing={"otto": "Otto"}, line_breaks=2)
    copies = Copies.of(bundle.vocabulary.ids(tokenise(diner)))
    optional = {LEXICON: lexicon.to_bytes(), COPIES: copies.to_bytes()}
    return bundle_files(bundle.state_dict, bundle.vocabulary, bundle.manifest.network, "diner", {}, optional)


@pytest.fixture
def full_folder(full_files: dict[str, bytes], tmp_path: Path) -> Path:
    """That bundle on disk, this test's own to damage."""
    write_bundle(tmp_path / "full", full_files)
    return tmp_path / "full"
