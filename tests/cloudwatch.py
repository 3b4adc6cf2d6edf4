"""CloudWatch, as far as it can be followed here: what it makes of the lines that a function logs.

Each line is a log event. Metrics are those of AWS's "Specification: Embedded metric format", fields those of AWS's
"Supported logs and discovered fields" (CloudWatch Logs Insights).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

_MAX_EVENT_BYTES = 256 * 1024
_MAX_FIELDS = 200  # that Logs Insights finds in an event
_UNITS = {"Seconds", "Microseconds", "Milliseconds", "Bytes", "Kilobytes", "Megabytes", "Percent", "Count", "None"}
_REPORT = {
    "@requestId": r"RequestId: (\S+)",
    "@duration": r"\tDuration: ([0-9.]+) ms",
    "@billedDuration": r"Billed Duration: ([0-9.]+) ms",
    "@initDuration": r"Init Duration: ([0-9.]+) ms",
    "@memorySize": r"Memory Size: ([0-9.]+) MB",
    "@maxMemoryUsed": r"Max Memory Used: ([0-9.]+) MB",
}
_PLATFORM = re.compile("(START|END|REPORT) RequestId: ")


class Metric(NamedTuple):
    """A value that a log event adds to a metric."""

    namespace: str
    dimensions: dict[str, str]
    name: str
    value: float
    unit: str


def log_events(log: str) -> list[dict[str, Any]]:
    """The function's own events, each of which must be a JSON object by itself.

    What Lambda writes (START, END and REPORT lines) and what its emulator does is left out.
    """
    lines = [line for line in log.splitlines() if line.strip() and not _PLATFORM.match(line) and "(rapid)" not in line]
    events = [json.loads(line) for line in lines]
    assert all(
        isinstance(event, dict) and len(line) < _MAX_EVENT_BYTES for event, line in zip(events, lines, strict=True)
    )
    return events


def metrics(event: dict[str, Any]) -> list[Metric]:
    """The metrics that are extracted from an event: none, if it doesn't say that it has some.

    Raises:
        AssertionError: where the event breaks a rule of the specification, and would be passed over.
    """
    if "_aws" not in event:
        return []
    about = event["_aws"]
    assert set(about) == {"Timestamp", "CloudWatchMetrics"}
    assert isinstance(about["Timestamp"], int)
    assert about["Timestamp"] > 1_500_000_000_000  # milliseconds
    return [metric for directive in about["CloudWatchMetrics"] for metric in _extracted(directive, event)]


def _extracted(directive: dict[str, Any], event: dict[str, Any]) -> Iterator[Metric]:
    assert set(directive) == {"Namespace", "Dimensions", "Metrics"}
    assert 1 <= len(directive["Namespace"]) <= 255
    assert 1 <= len(directive["Metrics"]) <= 100
    for names in directive["Dimensions"]:
        assert len(names) <= 9
        assert all(isinstance(event[name], str) and event[name] for name in names)
        for definition in directive["Metrics"]:
            value = event[definition["Name"]]
            assert type(value) in (int, float)
            assert definition["Unit"] in _UNITS
            dimensions = {name: event[name] for name in names}
            yield Metric(directive["Namespace"], dimensions, definition["Name"], value, definition["Unit"])


def insights_fields(log: str) -> set[str]:
    """The names of the fields that Logs Insights discovers in a function's log, JSON and REPORT lines."""
    found = {"@timestamp", "@message", "@logStream"}
    for line in log.splitlines():
        if line.startswith("REPORT "):
            found |= {"@type", *(name for name, pattern in _REPORT.items() if re.search(pattern, line))}
    for event in log_events(log):
        names = set(_flat(event, ""))
        assert len(names) <= _MAX_FIELDS
        found |= names
    return found


def _flat(value: Any, name: str) -> Iterator[str]:
    if not isinstance(value, dict | list):
        yield name
        return
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield from _flat(inner, f"{name}.{key}" if name else str(key))


def query_fields(query: str) -> set[str]:
    """The names of the fields that a Logs Insights query reads, but for those that it makes itself."""
    bare = re.sub(r'"[^"]*"', "", query)
    made = set(re.findall(r"\bas (\w+)", bare))
    calls = set(re.findall(r"(\w+)\(", bare))
    words = set(re.findall(r"(?<![\w@.])[@A-Za-z_][\w.]*", bare))
    commands = {"fields", "filter", "stats", "sort", "limit", "by", "as", "and", "or", "desc", "asc", "parse"}
    return words - made - calls - commands
