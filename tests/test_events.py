"""The sample events, through the emulator with the model that ships, get the replies that lie beside them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.expected_replies import EXPECTED, expected_reply, sample_events, without_timing
from local.runtime import SHIPPED_BUNDLE, Function, local_function


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Function]:
    log = (tmp_path_factory.mktemp("shipped") / "log").open("wb")
    with log, local_function(log, {"MODEL_URI": str(SHIPPED_BUNDLE)}) as function:
        yield function


@pytest.mark.parametrize("event", sample_events(), ids=lambda path: path.stem)
def test_a_sample_event_gets_its_reply(event: Path, shipped: Function) -> None:
    reply = without_timing(shipped.invoke(json.loads(event.read_bytes())))
    expected = json.loads(expected_reply(event).read_bytes())
    assert reply == expected, "if the model is a new one: python -m local expected"


def test_there_are_samples_of_what_people_send() -> None:
    assert {"word", "words", "several", "form", "bad-word", "function-url", "bare"} <= {
        path.stem for path in sample_events()
    }
    assert {path.name for path in EXPECTED.iterdir()} == {path.name for path in sample_events()}
