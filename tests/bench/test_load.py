"""The bench of latency under load: its times, its table and its arguments."""

from __future__ import annotations

import os
import random
import re
import statistics
import sys
from pathlib import Path

import pytest

from bench.load import Answered, Turns, answered, limited_function, load, percentile, read_arguments, resident_mb, table
from bench.mix import REFUSED, SHORT, Asked, Mix
from coldopen.bundle.read import read_bundle
from layer.target import RUNTIMES
from local.event import api_event
from local.runtime import SHIPPED_BUNDLE, emulator, local_function

_JSON = {"Content-Type": "application/json"}
_WORDS = Asked(SHORT, api_event("POST", "/generate", _JSON, b'{"prime": "jerry", "length": 60}'))
_UNKNOWN = api_event("POST", "/generate", _JSON, b'{"prime": "qqqq"}')

with_emulator = pytest.mark.skipif(emulator() is None, reason="the emulator does not run on this machine")


@with_emulator
def test_the_queue_is_told_from_the_handler(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as file, local_function(file) as function:
        turns = Turns(function)
        turns.ask(_WORDS)  # waits for the start
        load(turns, [_WORDS] * 8 + [Asked(REFUSED, _UNKNOWN)] * 2)
        _first, *found = answered(turns, log.read_text())
        turns.ask(Asked(SHORT, _UNKNOWN))
        with pytest.raises(SystemExit, match=f"{SHORT}: answered with 422"):
            answered(turns, log.read_text())
        with pytest.raises(SystemExit, match="the log has 0 requests' lines for 12 requests"):
            answered(turns, "")
    assert [one.kind for one in found].count(SHORT) == 8
    assert all(one.whole > one.queue + one.handler > 0 for one in found)
    words = [one for one in found if one.kind == SHORT]
    # there is always the other client's request before this one's
    assert statistics.median(one.queue for one in words) > 0.5 * statistics.median(one.handler for one in words)


@pytest.mark.slow  # builds the layer
@with_emulator
@pytest.mark.skipif(f"{sys.version_info[0]}.{sys.version_info[1]}" not in RUNTIMES, reason="torch has no wheel for it")
def test_the_function_has_512_mb_and_answers(tmp_path: Path) -> None:
    mix = Mix(random.Random(2), read_bundle(str(SHIPPED_BUNDLE)))
    with limited_function(tmp_path) as (function, process_id, log):
        turns = Turns(function)
        load(turns, [mix.first(), *(mix.draw() for _ in range(15))])
        limits = Path(f"/proc/{process_id.read_text().strip()}/limits").read_text()
        assert re.search(rf"Max data size +{512 * 2**20} ", limits)
        assert 100 < resident_mb(int(process_id.read_text()))[0] < 512
        assert len(answered(turns, log.read_text())) == 16


def test_a_percentile_is_the_least_value_that_a_share_does_not_exceed() -> None:
    values = [float(value) for value in range(200, 0, -1)]
    assert [percentile(values, share) for share in (0.5, 0.99, 1.0)] == [100, 198, 200]
    assert percentile([7.0], 0.5) == percentile([7.0], 0.99) == 7


def test_the_table_has_a_line_for_all_and_for_each_kind() -> None:
    found = [Answered("a page", 1000 * n, 30, 2.4) for n in (1, 2, 3)] + [Answered("a script", 9, 0, 8)]
    _head, _rule, *lines = table(found).splitlines()
    assert lines == [
        "| all | 4 | 1,000 | 3,000 | 3,000 | 30 | 30 | 30 | 2 | 8 | 8 |",
        "| a page | 3 | 2,000 | 3,000 | 3,000 | 30 | 30 | 30 | 2 | 2 | 2 |",
        "| a script | 1 | 9 | 9 | 9 | 0 | 0 | 0 | 8 | 8 | 8 |",
    ]


def test_memory_is_a_process_s_most() -> None:
    peak, own = resident_mb(os.getpid())
    assert 10 < own <= peak


def test_the_number_of_requests_may_be_given() -> None:
    assert read_arguments([]) == 3000
    assert read_arguments(["20"]) == 20


@pytest.mark.parametrize("arguments", [["0"], ["many"], ["-3"], ["20", "30"], ["--help"]])
def test_other_arguments_are_refused_in_a_sentence(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        read_arguments(arguments)
    assert ended.value.code == 2
    assert "bench.load takes the number of requests" in capsys.readouterr().err
