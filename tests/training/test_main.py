"""`python -m training` in its first seconds, in which torch is imported."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from local.runtime import ROOT

pytestmark = pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs /proc to see what is loaded")

COMMAND = [sys.executable, "-m", "training", "prepare", "--scripts", "absent.txt"]


def importing(command: list[str]) -> subprocess.Popen[str]:
    """The command, as torch's libraries begin to come in."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    while "libtorch" not in Path(f"/proc/{process.pid}/maps").read_text():
        assert process.poll() is None
        time.sleep(0.001)
    return process


def test_ctrl_c_ends_it_without_a_traceback() -> None:
    process = importing(COMMAND)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (-signal.SIGINT, "")


def test_what_was_told_to_ignore_ctrl_c_ignores_it() -> None:
    process = importing(["sh", "-c", 'trap "" INT; exec "$@"', "sh", *COMMAND])
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (1, "training: there are no scripts at absent.txt: no such file or folder\n")
