"""Scripts without spaces: each character as a word, names whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.data.spoken import corpus_of
from training.data.characters import by_characters, unspaced_share
from training.data.hints import Hints


@pytest.mark.parametrize(
    ("line", "spaced"),
    [
        ("小明: 你在哪里？好。", "小明: 你 在 哪 里 ? 好 ."),
        ("Otto: すごいね ok", "Otto: す ご い ね ok"),
        ("ที่นี่", "ที่ นี่"),
        ("Otto: it is cold", "Otto: it is cold"),
        ("", ""),
    ],
)
def test_each_character_is_a_word(line: str, spaced: str) -> None:
    assert by_characters(line) == spaced


def test_a_person_asks_for_it(tmp_path: Path) -> None:
    text = "小明：你在哪里？\n小红：好。\n" * 9
    assert corpus_of(tmp_path, "a.txt", text).text.startswith("小明: 你在哪里？\n")
    assert corpus_of(tmp_path, "a.txt", text, Hints(characters=True)).text.startswith(
        "小明: 你 在 哪 里 ?\n小红: 好 .\n"
    )


def test_the_share_of_such_letters() -> None:
    assert unspaced_share("abc") == 0
    assert unspaced_share("你好ab") == 0.5
    assert unspaced_share("Привет") == 0
