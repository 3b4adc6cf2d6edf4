"""The bench of scripts asks a real service, and its columns hold what the replies do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bench.faults import FAULTS
from bench.scripts import ask, column, continued, counts, run_counts, runs_of, table
from coldopen.lexicon import Lexicon
from coldopen.screenplay import FORMATS
from local.gateway import gateway
from local.runtime import Function
from training.service import Service

LEXICON = Lexicon(cues=dict.fromkeys(["marla", "otto"]))


@pytest.fixture(scope="module")
def service(emulated: Function) -> Iterator[Service]:
    with gateway(emulated) as url:
        yield Service(url)


def replies_of(**scripts: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Replies for each format, of the same scripts."""
    return {
        form: [{"script": script, "length": 8, "finish_reason": "length"} for script in texts]
        for form, texts in scripts.items()
    }


def test_a_service_is_asked_for_each_format_and_seed(service: Service) -> None:
    replies = ask(service, {"length": 12}, [3, 4])
    assert replies.keys() == set(FORMATS)
    for form, texts in replies.items():
        assert [reply["seed"] for reply in texts] == [3, 4]
        assert all(reply["length"] == 12 for reply in texts), form
    assert replies["plain"][0]["script"].startswith(f"{replies['plain'][0]['prime']}: ")
    assert column(replies, LEXICON, None)["finish_reason"] == "length 2"


def test_what_is_sent_back_is_gone_on_from_or_not(service: Service) -> None:
    good = {"script": "marla: i took the soup,"}
    assert continued(service, {"script": [], "fountain": [], "plain": [good, {"script": "the zzz"}]})["plain"] == 1


def test_a_fault_s_cell_says_how_often_and_in_how_many_scripts() -> None:
    replies = replies_of(
        script=["MARLA\nDont, dont.", "OTTO\nNo,, no,, no", "OTTO\nNo."],
        plain=["marla: dont, dont.", "otto: no,, no,, no", "otto: no."],
    )
    cells = counts(replies, LEXICON, ["marla"])
    assert {line: cell for line, cell in cells.items() if cell != "0 (0)"} == {
        "ends in mid-sentence": "1 (1)",
        "contractions without apostrophe": "2 (1)",
        "broken marks": "2 (1)",
        "speeches of others than the cast": "2 (2)",
    }
    assert cells.keys() == {*FAULTS, "colons lost or made up", "speeches of others than the cast"}


def test_repeated_and_copied_runs_are_counted_exactly() -> None:
    replies = replies_of(plain=["a b c d e a b c d f", "g h i j k l m n o p"])
    trained = frozenset(runs_of(["x", "h", "i", "j", "k", "l", "m", "n", "o", "z"], 8))
    assert run_counts(replies, trained) == {
        "repeated runs of 4 words": "1, 7.1% (1)",
        "copied runs of 8 words": "1, 16.7% (1)",
    }
    assert run_counts(replies, None).keys() == {"repeated runs of 4 words"}


def test_columns_stand_side_by_side() -> None:
    lines = table({"before": {"faults": "2 (1)"}, "after": {"faults": "0 (0)", "back": "3"}}).splitlines()
    assert lines[2:] == ["| faults | 2 (1) | 0 (0) |", "| back | - | 3 |"]
