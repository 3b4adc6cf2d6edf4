"""The mix has every kind of request, and the function answers each as its kind says."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from bench.mix import KINDS, LONG, MAX_LENGTH, READ, REFUSED, SEVERAL, SHORT, STEERED, Asked, Mix
from coldopen.bundle.read import read_bundle
from coldopen.http.routes import Api
from coldopen.request import MAX_SCRIPTS
from coldopen.screenplay import FORMATS
from coldopen.settings import Settings
from local.context import LambdaContext
from local.runtime import SHIPPED_BUNDLE

_STEERING = {"end", "stop", "lines", "cast", "no_repeat", "no_copy"}


@pytest.fixture(scope="module")
def drawn() -> list[Asked]:
    """Many requests."""
    mix = Mix(random.Random(3), read_bundle(str(SHIPPED_BUNDLE)))
    return [mix.draw() for _ in range(600)]


def test_the_mix_has_all_kinds_lengths_formats_and_rules(drawn: list[Asked]) -> None:
    assert {asked.kind for asked in drawn} == set(KINDS)
    fields = [fields for _, fields in _scripts(drawn)]
    assert min(asked["length"] for asked in fields) == 1
    assert MAX_LENGTH * 0.9 < max(asked["length"] for asked in fields) <= MAX_LENGTH
    assert {asked["format"] for asked in fields} == set(FORMATS)
    assert {asked.get("n", 1) for asked in fields} == set(range(1, MAX_SCRIPTS + 1))
    assert {name for asked in fields for name in asked} >= _STEERING


def test_a_kind_says_what_was_asked(drawn: list[Asked]) -> None:
    for asked, fields in _scripts(drawn):
        assert (asked.kind == SEVERAL) == ("n" in fields)
        assert (asked.kind == STEERED) == bool(_STEERING & fields.keys())
        if asked.kind in (SHORT, LONG):
            assert (asked.kind == SHORT) == (fields["length"] <= 100)


def test_only_those_are_refused_that_should_be(drawn: list[Asked]) -> None:
    api = Api(Settings(str(SHIPPED_BUNDLE), max_length=MAX_LENGTH), Logger(service="bench", level="ERROR"))
    for asked in drawn[:150]:
        event = asked.event
        if asked.kind not in (READ, REFUSED):  # shorter, and as valid
            event = {**event, "body": json.dumps({**json.loads(event["body"]), "length": 1})}
        status = api.handle(event, LambdaContext())["statusCode"]
        assert status < 500
        assert (status == 200) == (asked.kind != REFUSED), asked


def _scripts(drawn: list[Asked]) -> Iterator[tuple[Asked, dict[str, Any]]]:
    for asked in drawn:
        if asked.kind not in (READ, REFUSED):
            yield asked, json.loads(asked.event["body"])
