"""A whole request against the writer alone, several scripts in one request against one each, and whether memory grows.

    python -m bench.requests [SOAK_MINUTES]

1. A request for 300 words, from its event to the reply, alternates with the writer alone for the same words.
2. Requests for 2, 4 and 8 scripts of 300 words alternate with as many requests for one.
3. 2,000 requests with random valid fields are answered while the process's memory is watched.
4. Where minutes are named, random requests go through Lambda's emulator for so long. Every reply is asked for again by
   its seed.
"""

from __future__ import annotations

import json
import random
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from aws_lambda_powertools import Logger

from coldopen.http.routes import Api
from coldopen.request import MAX_SCRIPTS
from coldopen.sampling import Sampling
from coldopen.settings import Settings
from coldopen.steering import ENDS
from local.context import LambdaContext
from local.event import api_event
from local.runtime import SHIPPED_BUNDLE, Function, local_function

_RUNS = 15
_LENGTH = 300
_REQUESTS = 2000
_JSON = {"Content-Type": "application/json"}


def random_fields(rng: random.Random, words: list[str]) -> dict[str, Any]:
    """Fields of a request that is answered."""
    fields: dict[str, Any] = {"prime": rng.choice(words), "length": rng.choice([1, 10, 100, 300, 1000])}
    options = {
        "temperature": rng.uniform(0.1, 3), "top_k": rng.choice([1, 5, 40, 400, 4000]),
        "top_p": rng.uniform(0.1, 1), "format": rng.choice(["script", "plain", "fountain"]),
        "n": rng.randint(1, MAX_SCRIPTS), "end": rng.choice(ENDS), "lines": rng.randint(1, 20),
        "stop": [rng.choice(words)], "no_repeat": rng.choice([0, 3, 4, 8]),
        "memory": rng.choice([0, 0.3]),
    }  # fmt: skip
    fields.update({name: value for name, value in options.items() if rng.random() < 0.5})
    return fields


def _event(fields: dict[str, Any]) -> dict[str, Any]:
    return api_event("POST", "/generate", _JSON, json.dumps(fields).encode())


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _seconds(api: Api, events: list[dict[str, Any]]) -> float:
    """The time that these requests take, one after another."""
    begun = time.perf_counter()
    replies = [api.handle(event, LambdaContext()) for event in events]
    took = time.perf_counter() - begun
    assert all(reply["statusCode"] == 200 for reply in replies), replies
    return took


def _spread(ratios: list[float]) -> str:
    return f"{statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f}, {len(ratios)} runs)"


def _compare(api: Api) -> None:
    writer, event = api.model.writer(), _event({"prime": "jerry", "length": _LENGTH, "seed": 1})
    _seconds(api, [event])  # the first words are slower: the preview is made after them
    requests, loops = [], []
    for _ in range(_RUNS):
        requests.append(_seconds(api, [event]))
        begun = time.perf_counter()
        writer.write(["jerry:"], _LENGTH, Sampling(), 1)
        loops.append(time.perf_counter() - begun)
    ratios = [request / loop for request, loop in zip(requests, loops, strict=True)]
    print(
        f"{_LENGTH} words: request {statistics.median(requests) * 1000:.1f} ms, loop "
        f"{statistics.median(loops) * 1000:.1f} ms; ratio {_spread(ratios)}"
    )


def _compare_batches(api: Api) -> None:
    for n in (2, 4, MAX_SCRIPTS):
        fields = {"prime": "jerry", "length": _LENGTH}
        batch = [_event({**fields, "n": n, "seed": 1})]
        singly = [_event({**fields, "seed": 1 + index}) for index in range(n)]
        pairs = [(_seconds(api, batch), _seconds(api, singly)) for _ in range(_RUNS)]
        together, apart = (statistics.median(times) * 1000 for times in zip(*pairs, strict=True))
        ratios = [batch_s / singly_s for batch_s, singly_s in pairs]
        print(
            f"{n} scripts of {_LENGTH} words in one request {together:.0f} ms, in as many {apart:.0f} ms; "
            f"ratio {_spread(ratios)}; {_resident_bytes() / 1e6:.1f} MB",
            flush=True,
        )


def _grow(api: Api) -> None:
    rng, words = random.Random(1), [w for w in api.model.writer().vocabulary.words[1:3000] if w.isalpha()]
    for length in (_LENGTH, 1000):
        api.handle(_event({"prime": "jerry", "length": length}), LambdaContext())
        print(f"{_resident_bytes() / 1e6:.1f} MB after {length} words", flush=True)
    for part in range(4):
        for _ in range(_REQUESTS // 4):
            fields = {**random_fields(rng, words), "length": rng.choice([1, 10, 100])}
            reply = api.handle(_event(fields), LambdaContext())
            assert reply["statusCode"] == 200, reply
        print(f"{_resident_bytes() / 1e6:.1f} MB after {(part + 1) * _REQUESTS // 4} requests", flush=True)


def _scripts(reply: dict[str, Any]) -> list[dict[str, Any]]:
    """A reply's scripts, each with its length, how it ended and its seed."""
    return reply.get("scripts") or [{name: reply[name] for name in ("script", "length", "finish_reason", "seed")}]


def _soak(function: Function, minutes: float, words: list[str]) -> None:
    rng, end, count = random.Random(2), time.monotonic() + 60 * minutes, 0
    while time.monotonic() < end:
        fields = random_fields(rng, words)
        replies: list[dict[str, Any]] = []
        for again in ({}, {"seed": 0}):
            if again:
                again["seed"] = _scripts(replies[0])[0]["seed"]
            reply = function.invoke(_event({**fields, **again}))
            assert reply["statusCode"] == 200, (fields, reply)
            replies.append(json.loads(reply["body"]))
        assert _scripts(replies[0]) == _scripts(replies[1]), fields
        count += 2
    print(f"{count} requests through the emulator in {minutes:g} minutes, each script had again by its seed")


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    logger = Logger(service="bench", level="ERROR")
    api = Api(Settings(str(SHIPPED_BUNDLE), max_length=1000), logger)
    _compare(api)
    _compare_batches(api)
    _grow(api)
    if len(sys.argv) > 1:
        words = [w for w in api.model.writer().vocabulary.words[1:3000] if w.isalpha()]
        with tempfile.TemporaryFile() as log, local_function(log) as function:
            _soak(function, float(sys.argv[1]), words)


if __name__ == "__main__":
    main()
