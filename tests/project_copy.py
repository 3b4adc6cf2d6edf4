"""A copy of the project, to run its commands in as a person would."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from local.runtime import ROOT


def copy_of_project(copy: Path) -> Path:
    """Copy the project, with the environment of the original; returns the copy's folder."""
    left_out = shutil.ignore_patterns(".git", ".venv", ".cache", ".aws-sam", "runs", "build", "*.egg-info", "*_cache")
    shutil.copytree(ROOT, copy, ignore=left_out, copy_function=shutil.copy2)  # make compares times
    (copy / ".venv").symlink_to(ROOT / ".venv")
    (ROOT / ".cache").mkdir(exist_ok=True)
    (copy / ".cache").symlink_to(ROOT / ".cache")  # holds the layer, if another test has built it
    return copy


def run(command: str, folder: Path) -> str:
    """Run a command that must succeed; returns what it prints."""
    # by a make of its own, also where make runs the tests: it would say which folder it enters
    alone = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        shlex.split(command), capture_output=True, text=True, cwd=folder, env=alone, check=False, timeout=500
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@contextmanager
def served(command: str, folder: Path, output: Path) -> Iterator[int]:
    """The port of a `make serve` that says 8080; another one is free for sure.

    Args:
        output: a file for what it prints.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    arguments = shlex.split(command.replace("8080", str(port)))
    with output.open("wb") as file:
        server = subprocess.Popen(arguments, stdout=file, stderr=file, cwd=folder, start_new_session=True)
    try:
        begun = time.monotonic()
        while time.monotonic() - begun < 60:
            try:
                requests.get(f"http://localhost:{port}/health", timeout=30)
                break
            except requests.ConnectionError:
                assert server.poll() is None, output.read_text()
                time.sleep(0.1)
        yield port
    finally:
        os.killpg(server.pid, signal.SIGINT)
        server.wait(30)
