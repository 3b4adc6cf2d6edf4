"""docs/batch.md: its table of time and cost is the one that is computed, and its examples are lines as they come."""

from __future__ import annotations

import json
import re

from bench.batch_bill import table
from local.runtime import ROOT
from training.batch import cut
from training.batch.primes import _KINDS

TEXT = (ROOT / "docs" / "batch.md").read_text(encoding="utf-8")


def test_the_table_of_time_and_cost_is_computed() -> None:
    assert f"\n{table()}\n" in TEXT


def test_the_examples_are_json() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)
    script, error = (json.loads(line) for line in re.split(r"\n(?=\{)", example.strip()))
    assert {"line", "script", "seed", "finish_reason", "model", "request_sha256"} <= script.keys()
    assert error["error"].keys() == {"code", "message", "field", "suggestions"}


def test_the_bounds_of_a_batch_are_those_of_the_code() -> None:
    said = (
        f"(up to {cut.MAX_WORDS:,} words, {cut.MAX_BYTES // 1000} kB with the answers, and {cut.MAX_REQUESTS} requests)"
    )
    assert said in TEXT.replace("\n", " ")


def test_each_kind_of_file_is_named() -> None:
    assert set(re.findall(r"`(\.\w+)`", TEXT.partition("## What comes out")[0])) == set(_KINDS)


def test_each_command_of_make_is_a_target() -> None:
    targets = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[0].split()
    assert set(re.findall(r"(?:`|^)make ([\w-]+)", TEXT, re.MULTILINE)) <= set(targets)
