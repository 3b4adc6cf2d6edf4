"""`make batch`, with moto's interpreter of the template's definition, moto's S3, and the function under the emulator.

The interpreter has no ToleratedFailurePercentage: it tolerates every failure. Its ResultWriter writes a manifest alone.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest

from coldopen.bundle.read import read_bundle
from coldopen.errors import ColdOpenError
from coldopen.writer import Writer
from local.runtime import emulator
from tests.conftest import aws_settings
from tests.training.batch import aws
from training.batch import cut
from training.batch.errors import BatchError
from training.batch.primes import open_primes, read_primes
from training.batch.processes import portion
from training.batch.run import Deployment, Run, follow
from training.batch.there import write_there
from training.fit.interrupt import Interrupted

pytestmark = [
    pytest.mark.slow,  # aws-sam-cli transforms the template
    pytest.mark.skipif(emulator() is None, reason="Lambda's emulator runs on Linux alone"),
]

OPTIONS = {"length": 20, "end": "sentence"}
BUCKET, PLACE = "my-bucket", "s3://my-bucket/batches/"
quickly = partial(follow, poll_s=0.1)


@pytest.fixture(scope="module")
def function(trained_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[aws.Mortal]:
    with aws.mortal(tmp_path_factory.mktemp("function"), trained_run / "bundle") as function:
        yield function


@pytest.fixture
def cloud(function: aws.Mortal, monkeypatch: pytest.MonkeyPatch) -> Iterator[aws.Cloud]:
    """The account, with a bucket; this process's AWS settings point there."""
    cloud = aws.Cloud(function)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setattr(cut, "MAX_REQUESTS", 10)
    with aws.served(cloud) as url:
        for name, value in {**aws_settings(url), "MOTO_PORT": url.rpartition(":")[2]}.items():
            monkeypatch.setenv(name, value)
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        yield cloud


@pytest.fixture
def deployed(cloud: aws.Cloud) -> Deployment:
    return aws.deployment(PLACE, concurrency=3)


@pytest.fixture
def primes(tmp_path: Path) -> Path:
    """100 lines of JSON, some of them wrong."""
    rng, file = random.Random(4), tmp_path / "primes.jsonl"
    primes = ("otto", "marla", "soupe", "i took the soup", "bo")
    lines = [json.dumps({"prime": rng.choice(primes), "length": rng.randint(3, 30)}) for _ in range(98)]
    file.write_text("\n".join([*lines, '{"prime": ', '{"prime": "otto", "top_k": "many"}']))
    return file


@pytest.fixture
def expected(primes: Path, trained_run: Path) -> list[str]:
    """What is written for them on this machine."""
    with open_primes(str(primes)) as stream:
        lines = list(read_primes(stream, primes.name, OPTIONS))
    return portion(Writer(read_bundle(str(trained_run / "bundle"))), lines).lines


def scripts(folder: str) -> list[str]:
    """The lines that were merged."""
    key = f"batches/{folder}/scripts.jsonl"
    data: bytes = boto3.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return data.decode().splitlines()


def once_each(cloud: aws.Cloud, function: aws.Mortal) -> Callable[[dict[str, Any]], aws.Fault | None]:
    """Faults that each batch but every fourth meets once: it is throttled, it times out, or its process is killed."""
    met: set[str] = set()

    def fault(event: dict[str, Any]) -> aws.Fault | None:
        name = json.dumps(event)
        if "requests" not in event or name in met:
            return None
        met.add(name)
        if len(met) % 4 == 3:
            function.kill_soon()
        return (aws.THROTTLED, aws.TIMED_OUT, None, None)[len(met) % 4 - 1]

    return fault


@pytest.mark.timeout(120)
def test_faults_cost_nothing_and_scripts_are_those_of_this_machine(
    cloud: aws.Cloud, function: aws.Mortal, deployed: Deployment, primes: Path, expected: list[str]
) -> None:
    cloud.faults = once_each(cloud, function)
    told = write_there(deployed, str(primes), f"{PLACE}one/", OPTIONS, quickly)
    errors = sum('"error"' in line for line in expected)
    assert told == f"{PLACE}one/scripts.jsonl: 100 lines, {errors} of them errors"
    assert scripts("one") == expected
    assert set(cloud.invoked) == {"cold-open:live", "arn:aws:lambda:us-east-1:123456789012:function:cold-open:live"}
    assert len(cloud.invoked) > 1 + 10

    before = len(cloud.invoked)
    told = write_there(deployed, str(primes), f"{PLACE}one/", OPTIONS, quickly)
    assert told == f"{PLACE}one/scripts.jsonl: nothing is left to be written"
    boto3.client("s3").upload_file(str(primes), BUCKET, "elsewhere/primes.jsonl")
    write_there(deployed, f"s3://{BUCKET}/elsewhere/primes.jsonl", f"{PLACE}two", OPTIONS, quickly)
    assert scripts("two") == expected
    assert len(cloud.invoked) == before + 1 + 1 + 10  # of the two commands each asks which model it is


@pytest.mark.timeout(120)
def test_a_batch_that_fails_is_told_and_written_again_alone(
    cloud: aws.Cloud, deployed: Deployment, primes: Path, expected: list[str]
) -> None:
    second = json.loads(primes.read_text().splitlines()[10])["length"]

    def fault(event: dict[str, Any]) -> aws.Fault | None:
        requests = event.get("requests", [])
        return aws.TIMED_OUT if requests and requests[0]["length"] == second and len(requests) == 10 else None

    cloud.faults = fault
    told = write_there(deployed, str(primes), f"{PLACE}one/", OPTIONS, quickly)
    assert told.endswith("; the same command writes 10 of them again, alone")
    first = scripts("one")
    failed = [json.loads(line) for line in first[10:20]]
    message = "the batch failed: Sandbox.Timedout: RequestId: 1 Error: Task timed out after 29.00 seconds"
    assert {(it["error"]["code"], it["error"]["message"]) for it in failed} == {("failed", message)}
    assert [it["line"] for it in failed] == [*range(11, 21)]
    assert first[:10] + first[20:] == expected[:10] + expected[20:]
    assert sum(name.startswith("arn:") for name in cloud.invoked) == 10 + 4  # four tries more

    cloud.faults, before = lambda event: None, len(cloud.invoked)
    write_there(deployed, str(primes), f"{PLACE}one/", OPTIONS, quickly)
    assert scripts("one") == expected
    assert len(cloud.invoked) == before + 1 + 1


def test_a_run_is_followed_again_where_following_was_broken_off(
    cloud: aws.Cloud, deployed: Deployment, primes: Path, expected: list[str]
) -> None:
    def broken_off(run: Run) -> str:
        raise Interrupted("as by Ctrl-C")

    for _ in range(2):
        with pytest.raises(Interrupted):
            write_there(deployed, str(primes), f"{PLACE}one/", OPTIONS, broken_off)
    with pytest.raises(BatchError, match="has a run of other primes or options, which was not merged yet"):
        write_there(deployed, str(primes), f"{PLACE}one/", {"length": 5}, quickly)
    write_there(deployed, str(primes), f"{PLACE}one/", OPTIONS, quickly)
    assert scripts("one") == expected
    (machine,) = boto3.client("stepfunctions").list_state_machines()["stateMachines"]
    executions = boto3.client("stepfunctions").list_executions(stateMachineArn=machine["stateMachineArn"])["executions"]
    assert len(executions) == 1


def test_scripts_of_other_primes_are_left_as_they_are(cloud: aws.Cloud, deployed: Deployment, primes: Path) -> None:
    write_there(deployed, str(primes), f"{PLACE}one/", OPTIONS, quickly)
    with pytest.raises(BatchError, match="was made of another prime, or with other options"):
        write_there(deployed, str(primes), f"{PLACE}one/", {"length": 20, "end": "line"}, quickly)


@pytest.mark.parametrize(
    ("primes", "out", "told"),
    [
        ("absent.txt", f"{PLACE}one/", "absent.txt can't be read: No such file"),
        (f"s3://{BUCKET}/absent.txt", f"{PLACE}one/", f"there is no s3://{BUCKET}/absent.txt: --primes names a file"),
        ("p.txt", "s3://other/one/", f"--out is s3://other/one/: it must be a folder in {PLACE}, all that"),
        ("p.txt", "one.jsonl", f"--out is one.jsonl: it must be a folder in {PLACE}, all that"),
    ],
)
def test_what_can_t_be_done_is_told(primes: str, out: str, told: str, cloud: aws.Cloud, deployed: Deployment) -> None:
    with pytest.raises(ColdOpenError) as refused:
        write_there(deployed, primes, out, {}, quickly)
    assert str(refused.value).startswith(told)


def test_a_machine_that_is_gone_is_told(cloud: aws.Cloud, primes: Path) -> None:
    gone = Deployment("arn:aws:states:us-east-1:123456789012:stateMachine:gone", "cold-open", PLACE)
    with pytest.raises(BatchError, match="can't start the state machine: "):
        write_there(gone, str(primes), f"{PLACE}one/", OPTIONS, quickly)
