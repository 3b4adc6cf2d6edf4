"""Batches: each request is answered as it would be alone."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from coldopen.batch import answer_batch
from coldopen.bundle.content import Bundle
from coldopen.http.routes import Api
from coldopen.settings import Settings
from coldopen.writer import Writer
from tests.lambda_fn.coldopen.http.client import Client


@pytest.fixture
def writer(untrained_bundle: Bundle) -> Writer:
    return Writer(untrained_bundle)


REQUESTS: list[Any] = [
    {"prime": "soup", "length": 9, "seed": 1},
    {"prime": "soupe"},
    {"prime": "hot soup", "length": 12, "seed": 2, "n": 3, "format": "plain", "end": "sentence"},
    {"prime": "soup", "length": "9"},
    {"prime": "soup", "lenght": 9},
    {},
    {"prime": "soup", "length": 51},
    {"prime": "soup", "memory": 0.5},
    {"prime": "otto", "cast": ["otto"], "lines": 2, "seed": 7, "temperature": 2, "top_k": 5},
]


def test_each_request_is_answered_as_it_is_alone(untrained_folder: Path, writer: Writer) -> None:
    client = Client(Api(Settings(str(untrained_folder), max_length=50), Logger(service="test")))
    answered = answer_batch(writer, REQUESTS, 50, lambda: None)
    for fields, content in zip(REQUESTS, answered.contents, strict=True):
        _, reply = client.generate(**fields)
        reply.pop("timing", None)
        assert content == reply
    assert sum(text.length for text in answered.texts) >= 9 + 3 * 12


@pytest.mark.parametrize("value", [None, 1, "jerry", ["jerry"], [[]]])
def test_what_is_no_object_is_told_so(value: Any, writer: Writer) -> None:
    (content,) = answer_batch(writer, [value], 50, lambda: None).contents
    assert content["error"]["message"].startswith("the request is no object: ")


def test_a_request_that_is_too_deep_is_told_so(writer: Writer) -> None:
    deep: Any = "soup"
    for _ in range(5000):
        deep = [deep]
    (content,) = answer_batch(writer, [{"prime": "soup", "stop": deep}], 50, lambda: None).contents
    assert content["error"]["code"] == "malformed_body"


def test_a_script_that_is_late_is_an_error_and_those_that_are_not_are_whole(writer: Writer) -> None:
    requests = [{"prime": "soup", "length": 5, "seed": 1}, {"prime": "soup", "length": 10**7, "seed": 2}]
    done, late = answer_batch(writer, requests, 10**7, lambda: None, time.monotonic() + 0.2).contents
    assert done["length"] == 5
    assert late["error"]["code"] == "deadline"
