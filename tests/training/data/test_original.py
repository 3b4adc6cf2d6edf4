"""Characters of the scripts in each part of a corpus."""

from __future__ import annotations

import pytest

from coldopen.vocabulary import fold
from training.data.original import characters_of_parts


def test_parts_are_of_the_original_text_though_words_were_mended() -> None:
    original = "bo: isn\u2019t it \u2026 so\n" * 100  # seven words a line as it is learnt, its end too
    counts = characters_of_parts(original, fold(original))
    assert sum(counts.values()) == pytest.approx(len(original), abs=2)
    assert counts["train"] == pytest.approx(0.9 * len(original), rel=0.01)
    assert counts["validation"] == pytest.approx(counts["test"], abs=len("bo: isn\u2019t it \u2026 so\n"))


def test_a_part_that_ends_inside_a_line_has_its_share() -> None:
    line = "four " * 99  # a hundred words with the line's end
    assert characters_of_parts(f"{line}\n", f"{line}\n") == {"train": 446, "validation": 25, "test": 25}
