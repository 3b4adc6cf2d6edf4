"""Latency under load: mixed requests by two clients to one copy of the function with 512 MB.

    python -m bench.load [REQUESTS]

The function's package runs on the layer behind Lambda's emulator. A copy answers one request at a time, here as on
Lambda, so the clients' requests queue for it, the first that came first. Three times are told apart: the whole, as a
client sees it; the queue; and the handler's own, from the function's log. What is left is the emulator's and the
runtime client's. On Lambda there is no such queue: a request that finds every copy busy starts another copy.

The function may have no more than 512 MB of writable memory of its own (RLIMIT_DATA); the most that was resident, its
libraries' pages among them, is read at the end.
"""

from __future__ import annotations

import json
import math
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import repeat
from pathlib import Path
from typing import Any, NamedTuple

from bench.init import our_function
from bench.mix import REFUSED, Asked, Mix
from coldopen.bundle.read import read_bundle
from local.runtime import SHIPPED_BUNDLE, Function, emulated

_REQUESTS = 3000
_CLIENTS = 2
_MEMORY_MB = 512
_SHARES = (0.5, 0.99, 1.0)  # the last is the longest
_TIMES = ("whole", "queue", "handler")
_LIMITED = 'echo $$ > "$0"; ulimit -d "$1"; shift; exec "$@"'  # a shell's: what it ends as keeps its process id


class Answered(NamedTuple):
    """A request that was answered; times in milliseconds."""

    kind: str
    whole: float
    queue: float
    handler: float


class Turns:
    """Lets clients have one function in turn.

    Args:
        function: what answers.
    """

    def __init__(self, function: Function) -> None:
        self._function = function
        self._worker = ThreadPoolExecutor(1)
        self.order: list[tuple[Asked, float, float, int]] = []
        """What was answered so far, in the order of the function's log: the request, ms in all and in the queue, and
        the status."""

    def ask(self, asked: Asked) -> None:
        """Send a request when its turn has come; returns when it is answered."""
        self._worker.submit(self._invoke, asked, time.perf_counter()).result()

    def _invoke(self, asked: Asked, came: float) -> None:
        begun = time.perf_counter()
        reply = self._function.invoke(asked.event)
        whole = time.perf_counter() - came
        self.order.append((asked, whole * 1000, (begun - came) * 1000, reply.get("statusCode", 0)))


def load(turns: Turns, requests: Sequence[Asked]) -> None:
    """Send the requests by two clients, each of which sends its next one when it has the reply to its last."""

    def client(first: int) -> None:
        for asked in requests[first::_CLIENTS]:
            turns.ask(asked)

    with ThreadPoolExecutor(_CLIENTS) as clients:
        for done in [clients.submit(client, first) for first in range(_CLIENTS)]:
            done.result()


def answered(turns: Turns, log: str) -> list[Answered]:
    """What was asked beside what the function's log says of it.

    Raises:
        SystemExit: if a request was answered otherwise than it should be, or the log does not fit.
    """
    lines = list(_request_lines(log))
    if [line["status"] for line in lines] != [status for *_, status in turns.order]:
        raise SystemExit(f"the log has {len(lines)} requests' lines for {len(turns.order)} requests, or other statuses")
    found = []
    for (asked, whole, queue, status), line in zip(turns.order, lines, strict=True):
        if (status == 200) != (asked.kind != REFUSED) or status >= 500:
            raise SystemExit(f"{asked.kind}: answered with {status}: {json.dumps(asked.event)[:2000]}")
        found.append(Answered(asked.kind, whole, queue, line["ms"]))
    return found


def percentile(values: Sequence[float], share: float) -> float:
    """The least value that so great a share of the values does not exceed (nearest rank)."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def table(found: Sequence[Answered]) -> str:
    """Lines of a table: for each kind and for all of them p50, p99 and the longest of each time."""
    head = " | ".join(f"{name}: p50 | p99 | max" for name in _TIMES)
    lines = [f"| ms | requests | {head} |", "| --- |" + " ---: |" * (1 + len(_TIMES) * len(_SHARES))]
    for kind in ("all", *dict.fromkeys(sorted(one.kind for one in found))):
        chosen = [one for one in found if kind in ("all", one.kind)]
        cells = [percentile([getattr(one, name) for one in chosen], share) for name in _TIMES for share in _SHARES]
        lines.append(f"| {kind} | {len(chosen):,} | " + " | ".join(f"{ms:,.0f}" for ms in cells) + " |")
    return "\n".join(lines)


def resident_mb(process_id: int) -> tuple[float, float]:
    """The most memory that a process has had resident, its libraries' pages among it; and what is its own now."""
    lines = Path(f"/proc/{process_id}/status").read_text().splitlines()
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.endswith("kB")}
    return kilobytes["VmHWM"] / 1024, kilobytes["RssAnon"] / 1024


@contextmanager
def limited_function(folder: Path) -> Iterator[tuple[Function, Path, Path]]:
    """The function with 512 MB, running; with the file of its process's id, and its log."""
    package, path = our_function(folder)
    process_id, log = folder / "process-id", folder / "log"
    python = ["/bin/sh", "-c", _LIMITED, str(process_id), str(_MEMORY_MB * 1024), sys.executable, "-S", "-B"]
    variables = {"HOME": str(folder), "PYTHONPATH": path, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(_MEMORY_MB)}
    with log.open("wb") as file, emulated(python, package, variables, file) as function:
        yield function, process_id, log


def read_arguments(arguments: Sequence[str]) -> int:
    """How many requests; exits with a sentence if that is no number."""
    wanted = arguments[0] if arguments else str(_REQUESTS)
    if len(arguments) > 1 or not wanted.isdecimal() or not int(wanted):
        print(f"bench.load takes the number of requests, 1 or more, and no more; not {arguments}", file=sys.stderr)
        raise SystemExit(2)
    return int(wanted)


def _request_lines(log: str) -> Iterator[dict[str, Any]]:
    for text in log.splitlines():
        if '"message":"request"' in text:
            line: dict[str, Any] = json.loads(text)
            yield line


def main() -> None:
    """Measure and print."""
    count = read_arguments(sys.argv[1:])
    mix = Mix(random.Random(1), read_bundle(str(SHIPPED_BUNDLE)))
    requests = [mix.draw() for _ in repeat(None, count)]
    with tempfile.TemporaryDirectory() as scratch, limited_function(Path(scratch)) as (function, process_id, log):
        turns = Turns(function)
        turns.ask(mix.first())
        started = resident_mb(int(process_id.read_text()))[0]
        begun = time.perf_counter()
        load(turns, requests)
        took = time.perf_counter() - begun
        peak, own = resident_mb(int(process_id.read_text()))
        _first, *found = answered(turns, log.read_text())
    print(f"{count:,} requests by {_CLIENTS} clients in {took:.0f} s, one copy of the function with {_MEMORY_MB} MB\n")
    print(table(found))
    left = [one.whole - one.queue - one.handler for one in found]
    print(
        f"\nThe emulator and the runtime client: p50 {percentile(left, 0.5):.1f}, p99 {percentile(left, 0.99):.1f} ms"
    )
    print(f"Memory: {started:.0f} MB after the start, {peak:.0f} MB at most, of which {own:.0f} its own at the end")


if __name__ == "__main__":
    main()
