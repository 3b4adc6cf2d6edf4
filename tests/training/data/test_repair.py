"""Broken characters: mended where one reading is possible, counted where not."""

from __future__ import annotations

import pytest

from training.data.repair import repair


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("they?ve seen it isn?t so, I?m", "they've seen it isn't so, I'm"),
        ("sure he?ll say that?s it. WE?RE", "sure he'll say that's it. WE'RE"),
        ("isn\ufffdt", "isn't"),
        ("l?homme d?accord", "l'homme d'accord"),
        ("What?So what? is it?yes", "What?So what? is it?yes"),
        ("What? Soup? the?", "What? Soup? the?"),
        ("it isn\u00e2\u20ac\u2122t \u00e2\u20ac\u0153hot\u00e2\u20ac\u009d", "it isn\u2019t \u201chot\u201d"),
        ("caf\u00c3\u00a9", "caf\u00e9"),
        ("caf\u00e9 \u00e2me na\u00efve \u00c0 bient\u00f4t", "caf\u00e9 \u00e2me na\u00efve \u00c0 bient\u00f4t"),
    ],
)  # fmt: skip
def test_characters_are_mended_where_only_one_reading_is_possible(text: str, mended: str) -> None:
    assert repair(text).text == mended


def test_what_was_mended_and_what_is_unclear_is_counted() -> None:
    found = repair("isn?t it?yes caf\u00c3\u00a9\n\ufffd\ncaf\u00c3\u00a9 caf\u00c3\u00a9")
    assert (found.apostrophes, found.lines, found.unclear) == (1, 2, 2)
