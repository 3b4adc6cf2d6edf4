"""A run of the state machine: what it was started with, started, and followed to its end."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from tqdm import tqdm

from training.batch.errors import BatchError
from training.fit.interrupt import Interrupted

_POLL_S = 5.0


@dataclass(frozen=True, slots=True)
class Deployment:
    """What a stack has for batches.

    Attributes:
        machine: the state machine's ARN.
        function: the function's name.
        place: s3://bucket/folder/, all that the machine may read and write.
    """

    machine: str
    function: str
    place: str

    def version(self) -> str:
        """The version of the model that the function serves now.

        Raises:
            BatchError: if it does not answer with one.
        """
        with _told(f"invoke {self.function}"):
            client = _client("lambda")
            reply = client.invoke(FunctionName=f"{self.function}:live", Payload=b'{"ping": true}')
            content = json.loads(reply["Payload"].read())
        try:
            return str(content["model"]["version"])
        except (KeyError, TypeError):
            message = f"{self.function} does not serve: it answered {json.dumps(content)[:300]}; see `make logs`"
            raise BatchError(message) from None


@dataclass(frozen=True, slots=True)
class Run:
    """A run that was started, as it is kept in S3 until its results are merged.

    Attributes:
        execution: its ARN.
        folder: where its files are, below the place of the scripts.
        num_batches: how many it has.
        primes: the digest of all lines; another file's is another.
        version: of the model.
        before: the digest of the scripts that were there when it was started; empty if there were none.
    """

    execution: str
    folder: str
    num_batches: int
    primes: str
    version: str
    before: str

    @classmethod
    def of(cls, data: bytes) -> Run:
        """The run that a file of `to_bytes` tells of."""
        return cls(**json.loads(data))

    def to_bytes(self) -> bytes:
        """The run as JSON."""
        return json.dumps(asdict(self)).encode()


def start(deployment: Deployment, name: str, bucket: str, folder: str) -> str:
    """Start an execution for `batches.json` in a folder of a bucket; returns its ARN.

    Raises:
        BatchError: if AWS refuses.
    """
    work = {
        "bucket": bucket, "batches": f"{folder}batches.json", "results": f"{folder}results/", "log": f"{folder}log",
    }  # fmt: skip
    with _told("start the state machine"):
        started = _client("stepfunctions").start_execution(
            stateMachineArn=deployment.machine, name=name, input=json.dumps(work)
        )
    return str(started["executionArn"])


def follow(run: Run, poll_s: float = _POLL_S) -> str:
    """Show a run's progress until it ends; returns how, such as SUCCEEDED.

    Raises:
        BatchError: if AWS refuses.
        Interrupted: on Ctrl-C. AWS goes on.
    """
    with _told("follow the execution"), tqdm(total=run.num_batches, unit=" batches", dynamic_ncols=True) as bar:
        client = _client("stepfunctions")
        try:
            while True:
                status = str(client.describe_execution(executionArn=run.execution)["status"])
                counts = _counts(client, run.execution)
                bar.set_postfix_str(
                    f"{counts.get('running', 0)} at once, {counts.get('failed', 0)} failed", refresh=False
                )
                bar.update(counts.get("succeeded", 0) + counts.get("failed", 0) - bar.n)
                if status != "RUNNING":
                    return status
                time.sleep(poll_s)
        except KeyboardInterrupt:
            bar.close()
            raise Interrupted(
                "AWS goes on, and the same command follows it again; to stop it: aws stepfunctions stop-execution "
                f"--execution-arn {run.execution}"
            ) from None


def _counts(client: Any, execution: str) -> dict[str, int]:
    """How many batches are where; empty before the map has begun."""
    runs = client.list_map_runs(executionArn=execution)["mapRuns"]
    if not runs:
        return {}
    counts: dict[str, int] = client.describe_map_run(mapRunArn=runs[0]["mapRunArn"])["itemCounts"]
    return counts


def _client(service: str) -> Any:
    return boto3.client(
        service, config=Config(retries={"total_max_attempts": 5, "mode": "standard"}, connect_timeout=5)
    )


@contextmanager
def _told(doing: str) -> Iterator[None]:
    """Tell AWS's faults in a sentence."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise BatchError(f"can't {doing}: {error}") from None
