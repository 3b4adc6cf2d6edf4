"""`make fuzz`: schemathesis sends the emulated function what its openapi.json allows, and what it does not."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from local.gateway import gateway
from local.runtime import ROOT, local_function

_SECONDS = 60
_PHASES = "examples,coverage,fuzzing"  # not sequences of requests: none depends on one before it
_SCHEMATHESIS = Path(sys.prefix) / "fuzz" / "bin" / "schemathesis"
_HOOKS = "tests.programs.fuzz_words"


def main() -> int:
    """Run it; returns its exit code: 0 if it found nothing."""
    options = ["--checks", "all", "--phases", _PHASES, "--max-time", str(_SECONDS), "--continue-on-failure"]
    with tempfile.TemporaryFile() as log, local_function(log) as function, gateway(function) as url:
        command = [str(_SCHEMATHESIS), "run", f"{url}/openapi.json", "--url", url, *options]
        variables = {**os.environ, "SCHEMATHESIS_HOOKS": _HOOKS, "PYTHONPATH": str(ROOT)}
        return subprocess.run(command, cwd=ROOT, env=variables, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
