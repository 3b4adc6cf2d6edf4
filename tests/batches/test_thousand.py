"""A thousand primes by the template's state machine, whose function is throttled, times out and is killed.

Run by `make test-batches`: it takes minutes. What runs and what does not: tests/training/batch/test_there.py.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest

from local.runtime import SHIPPED_BUNDLE, emulator
from tests.conftest import aws_settings
from tests.training.batch import aws
from training.batch.here import write_scripts
from training.batch.merge import REDO
from training.batch.run import follow
from training.batch.there import write_there

OPTIONS: dict[str, Any] = {}
PLACE = "s3://my-bucket/batches/"
POISON = 7  # the number of words of requests that no invocation survives


def primes(file: Path) -> None:
    """Write a thousand primes, ten of them of words that nobody knows, one in each of the others' batches fatal."""
    rng = random.Random(8)
    names = ("jerry", "kramer", "elaine", "george", "what is the deal with", "newman")
    fields = [{"prime": rng.choice(names), "length": rng.randint(50, 200)} for _ in range(1000)]
    for number in range(5, 1000, 100):
        fields[number]["prime"] = "zzyzx"
    fields[333]["length"] = POISON
    file.write_text("".join(json.dumps(it) + "\n" for it in fields))


def faults(function: aws.Mortal) -> aws.Faults:
    """Of ten invocations two are throttled, one times out and one is killed, whatever it does; and a poisoned one."""
    rng = random.Random(9)

    def fault(event: dict[str, Any]) -> aws.Fault | None:
        if any(it.get("length") == POISON for it in event.get("requests", [])):
            return aws.TIMED_OUT
        drawn = rng.random() if "requests" in event else 1.0
        if 0.3 <= drawn < 0.4:
            function.kill_soon()
        return aws.THROTTLED if drawn < 0.2 else aws.TIMED_OUT if drawn < 0.3 else None

    return fault


@pytest.mark.skipif(emulator() is None, reason="Lambda's emulator runs on Linux alone")
@pytest.mark.timeout(1800)
def test_each_prime_has_one_result_or_one_failure_and_twice_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, here = tmp_path / "primes.jsonl", tmp_path / "here.jsonl"
    primes(file)
    write_scripts(str(SHIPPED_BUNDLE), str(file), str(here), OPTIONS)
    expected = here.read_text().splitlines()
    with aws.mortal(tmp_path, SHIPPED_BUNDLE) as function:
        cloud = aws.Cloud(function)
        with aws.served(cloud) as url:
            for name, value in {**aws_settings(url), "MOTO_PORT": url.rpartition(":")[2]}.items():
                monkeypatch.setenv(name, value)
            boto3.client("s3").create_bucket(Bucket="my-bucket")
            deployed = aws.deployment(PLACE, concurrency=4)
            for run in ("one", "two"):
                cloud.faults = faults(function)
                write = partial(write_there, deployed, str(file), f"{PLACE}{run}/", OPTIONS, partial(follow, poll_s=1))
                write()
                found = scripts(run)
                assert [json.loads(line)["line"] for line in found] == [*range(1, 1001)]
                codes = Counter(json.loads(line).get("error", {}).get("code") for line in found)
                assert codes.keys() - {"deadline"} == {None, "unknown_word", "failed"}  # on a machine with other work
                assert 0 < codes["failed"] < 250  # those beside the poison; none is lost to what was tried again
                for line, right in zip(found, expected, strict=True):
                    assert line == right or json.loads(line)["error"]["code"] in REDO
                cloud.faults = lambda event: None
                write()
                assert scripts(run) == expected


def scripts(run: str) -> list[str]:
    """The lines that were merged."""
    key = f"batches/{run}/scripts.jsonl"
    data: bytes = boto3.client("s3").get_object(Bucket="my-bucket", Key=key)["Body"].read()
    return data.decode().splitlines()
