"""The front by itself, as the Dockerfile packs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from local.runtime import free_port
from tests.dockerfile import packed


def front(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it without anything that is installed."""
    command = [sys.executable, "-S", "-m", "local.front", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False, timeout=60)


def test_it_needs_nothing_but_python(tmp_path: Path) -> None:
    done = front(packed("front", tmp_path), "--help")
    assert (done.returncode, done.stderr) == (0, "")


def test_an_emulator_that_is_not_there_is_named(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    done = front(packed("front", tmp_path), url)
    assert (done.returncode, done.stderr) == (1, f"local: the emulator does not answer at {url}\n")
