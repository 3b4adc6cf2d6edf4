"""Replies are compared but for the build of torch."""

from __future__ import annotations

import json

import pytest

from local.expected_replies import expected_reply
from local.runtime import ROOT
from tests.replies import assert_expected

HEALTH = ROOT / "events" / "health.json"


@pytest.mark.parametrize(
    ("engine", "same"),
    [
        ("torch 2.13.0+cu130, int8 by x86, preview of rank 64", True),
        ("torch 2.13.0+cpu, int8 by qnnpack, preview of rank 64", True),
        ("torch 2.13.0+cpu, float32", False),
        ("torch 2.12.0+cpu, int8 by x86, preview of rank 64", False),
    ],
)
def test_another_build_gives_the_same_reply_and_another_engine_does_not(engine: str, same: bool) -> None:
    reply = json.loads(expected_reply(HEALTH).read_bytes())
    got = {"statusCode": 200, "multiValueHeaders": reply["headers"]}
    got["body"] = json.dumps({**reply["body"], "engine": engine})
    if same:
        assert_expected(got, HEALTH)
    else:
        with pytest.raises(AssertionError):
            assert_expected(got, HEALTH)
