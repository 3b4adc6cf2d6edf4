"""A mix of requests as many people would send them: short and long scripts, one and several, steered, and refused."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any, NamedTuple

from coldopen.bundle.content import Bundle
from coldopen.request import FIELDS, MAX_SCRIPTS
from coldopen.screenplay import FORMATS
from coldopen.steering import ENDS
from local.event import api_event

SHORT, LONG = "one script, up to 100 words", "one script, 101 to 1,000 words"
SEVERAL, STEERED = "2 to 8 scripts", "one script, steered"
READ, REFUSED = "a page, a list or the health", "a request that is refused"
KINDS = (SHORT, LONG, SEVERAL, STEERED, READ, REFUSED)

MAX_LENGTH = 1000
"""The most words of a script, as the function's settings have it."""

_SHORT_LENGTH = 100
_SHARES = {"plain": 0.45, SEVERAL: 0.15, STEERED: 0.2, READ: 0.1, REFUSED: 0.1}
_FREQUENT = slice(1, 3000)
_PAGES = ("/health", "/vocabulary?prefix=ka", "/", "/docs", "/openapi.json", "/v1/models")
_JSON = {"Content-Type": "application/json"}


class Asked(NamedTuple):
    """A request: one of `KINDS`, and its event as API Gateway would make it."""

    kind: str
    event: dict[str, Any]


class Mix:
    """Draws requests.

    Args:
        rng: decides.
        bundle: whose words and names the requests have.
    """

    def __init__(self, rng: random.Random, bundle: Bundle) -> None:
        self._rng = rng
        self._words = [word for word in bundle.vocabulary.words[_FREQUENT] if word.isalpha()]
        self._names = bundle.lexicon.names[:20]
        self._copies = bundle.copies()

    def first(self) -> Asked:
        """A request for one word, to start the function with."""
        return _script(SHORT, {"prime": self._names[0], "length": 1})

    def draw(self) -> Asked:
        """The next request."""
        (kind,) = self._rng.choices(list(_SHARES), list(_SHARES.values()))
        if kind == READ:
            return Asked(READ, api_event("GET", self._rng.choice(_PAGES), {}, b""))
        if kind == REFUSED:
            return self._refused()
        fields = self._fields()
        if kind == SEVERAL:
            return _script(SEVERAL, {**fields, "n": self._rng.randint(2, MAX_SCRIPTS)})
        if kind == STEERED:
            return _script(STEERED, {**fields, **self._steering()})
        return _script(SHORT if fields["length"] <= _SHORT_LENGTH else LONG, fields)

    def _fields(self) -> dict[str, Any]:
        """Of one script: short ones are asked for as often as long ones, by orders of magnitude."""
        rng = self._rng
        fields = {
            "prime": rng.choice([rng.choice(self._names), " ".join(rng.choices(self._words, k=rng.randint(1, 8)))]),
            "length": round(MAX_LENGTH ** rng.random()),
            "format": rng.choice(FORMATS),
        }
        options = {
            "temperature": rng.uniform(0.3, 1.5), "top_k": rng.choice([1, 5, 200, 1000]), "top_p": rng.uniform(0.5, 1),
            "seed": rng.randrange(1000), "memory": rng.choice([0, 0.3]),
        }  # fmt: skip
        return fields | self._some_of(options, 0.3)

    def _steering(self) -> dict[str, Any]:
        rng = self._rng
        rules = {
            "end": rng.choice(ENDS), "stop": rng.sample(self._words, 2), "lines": rng.randint(1, 20),
            "cast": rng.sample(self._names, 3), "no_repeat": rng.randint(3, 8),
        }  # fmt: skip
        if self._copies:
            rules["no_copy"] = self._copies.size + rng.randint(0, 4)
        return self._some_of(rules, 0.4) or {"end": "sentence"}

    def _refused(self) -> Asked:
        name, rng = self._names[0], self._rng
        bodies = [
            b"", b'{"prime": ', b"[]", json.dumps({"prime": rng.choice(self._words) + "qqq"}).encode(),
            json.dumps({"prime": name, rng.choice(FIELDS[1:]): {}}).encode(),
            json.dumps({"prime": name, "length": MAX_LENGTH + 1}).encode(),
            json.dumps({"prime": name, "lenght": 5}).encode(),
        ]  # fmt: skip
        events = [*(api_event("POST", "/generate", _JSON, body) for body in bodies)]
        events += [api_event("DELETE", "/generate", {}, b""), api_event("GET", "/scripts", {}, b"")]
        return Asked(REFUSED, rng.choice(events))

    def _some_of(self, options: Mapping[str, Any], share: float) -> dict[str, Any]:
        return {name: value for name, value in options.items() if self._rng.random() < share}


def _script(kind: str, fields: Mapping[str, Any]) -> Asked:
    return Asked(kind, api_event("POST", "/generate", _JSON, json.dumps(fields).encode()))
