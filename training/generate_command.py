"""The command `generate`: a script for a person, or a file of scripts from a file of primes."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from coldopen.bundle.read import read_bundle
from coldopen.errors import ColdOpenError
from coldopen.writer import Writer
from training.generate import (
    SHIPPED_BUNDLE,
    Script,
    add_fields,
    fields_of,
    on_paper,
    on_screen,
    scripts_by,
    scripts_there,
)
from training.run import RunError, latest_folder
from training.run_bundle import checked_bundle
from training.service import KEY, Service


def add_generate_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    sub = commands.add_parser("generate", help="print a script, or write a file of them from a file of primes")
    sub.set_defaults(command=_generate)
    sub.add_argument(
        "--model", help="a run's or a bundle's folder, or s3://bucket/prefix/version/; default: the latest run"
    )
    sub.add_argument("--url", help="a deployed API's address: its model writes")
    sub.add_argument(
        "--primes", metavar="FILE", help="primes, one a line, or .csv or .jsonl with any of the fields below; -: stdin"
    )
    sub.add_argument("--out", metavar="FILE", help="with --primes: a line of JSON for each; again to go on; -: stdout")
    add_fields(sub)


def _generate(arguments: argparse.Namespace) -> None:
    fields = fields_of(arguments)
    if (arguments.primes is None) != (arguments.out is None):
        raise ColdOpenError("--primes and --out belong together: a file of primes, and one for their scripts")
    if arguments.primes is not None:
        return _generate_all(arguments, fields)
    if arguments.url and arguments.model:
        raise ColdOpenError("--model names a model here, and --url one that is deployed: give one of them")
    if arguments.url:
        scripts = scripts_there(Service(arguments.url, os.environ.get(KEY, "")), fields)
    else:
        scripts = scripts_by(Writer(read_bundle(_model(arguments))), fields)
    return _print(scripts)


def _print(scripts: list[Script]) -> None:
    if left_out := scripts[0].left_out:
        print(f"training: the prime is long: its first {left_out:,} words were left out", file=sys.stderr)
    has_colours = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    print(on_screen(scripts) if has_colours else on_paper(scripts))


def _generate_all(arguments: argparse.Namespace, fields: dict[str, Any]) -> None:
    from training.batch.here import write_scripts

    if arguments.url:
        raise ColdOpenError("--primes are written here, and --url names a deployed API: `make batch` has AWS write")
    if arguments.prime is not None:
        raise ColdOpenError("--prime is one prime, and --primes a file of them: give one of them")
    print(write_scripts(_model(arguments), arguments.primes, arguments.out, fields), file=sys.stderr)


def _model(arguments: argparse.Namespace) -> str:
    """The bundle's folder, or its place in S3."""
    if arguments.model and arguments.model.startswith("s3://"):
        return str(arguments.model)
    return str(checked_bundle(Path(arguments.model) if arguments.model else _latest_or_shipped()))


def _latest_or_shipped() -> Path:
    try:
        return latest_folder()
    except RunError:
        return SHIPPED_BUNDLE
