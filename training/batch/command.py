"""The command `batch`, which `make batch` calls with what the stack has."""

from __future__ import annotations

import argparse

from training.batch.run import Deployment
from training.batch.there import write_there
from training.generate import add_fields, fields_of


def add_batch_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    sub = commands.add_parser("batch", help="have AWS write scripts for a file of primes; see `make batch`")
    sub.set_defaults(command=_batch)
    sub.add_argument("--machine", required=True, help="the state machine's ARN")
    sub.add_argument("--function", required=True, help="the function's name")
    sub.add_argument("--place", required=True, help="s3://bucket/folder/ that the machine may read and write")
    sub.add_argument("--primes", required=True, help="a file here, or s3://bucket/key")
    sub.add_argument("--out", required=True, help="s3://bucket/folder/ in that place")
    add_fields(sub)


def _batch(arguments: argparse.Namespace) -> None:
    deployment = Deployment(arguments.machine, arguments.function, arguments.place)
    print(write_there(deployment, arguments.primes, arguments.out, fields_of(arguments)))
