"""One engine's way: its script, run in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from local.runtime import ROOT

_HERE = Path(__file__).resolve().parent
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
_FEWEST_WORDS = 20  # different ones; a broken engine writes the same few again and again


@dataclass(frozen=True, slots=True)
class Run:
    """What a run was like.

    Attributes:
        wall: seconds of each part: `import`, `load`, `first` and `next` words; and of the whole `road`, from the
            process's start to the last of the first words.
        processor: the same in the processor's time.
        peak_mb: the most memory that was resident.
        ids: the next words.
        likeliest: the five likeliest after each word of the text that was given, if one was.
    """

    wall: dict[str, float]
    processor: dict[str, float]
    peak_mb: float
    ids: list[int]
    likeliest: list[list[int]] | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """A script and what it runs with.

    Attributes:
        script: its name.
        path: what Python imports from.
        model: the file or folder that it reads.
        package_bytes: its library and its model, as they are on the path.
    """

    script: str
    path: str
    model: Path
    package_bytes: int

    def run(self, words: int, text: Path | None = None) -> Run:
        """Write so many words, and as many again.

        Args:
            text: a file with the ids of the words of a text to read besides, as JSON.

        Raises:
            SystemExit: if the script fails or writes no text.
        """
        script = [str(_HERE / self.script), str(self.model), str(words), *([str(text)] if text else [])]
        begun = time.perf_counter()
        with subprocess.Popen(
            [sys.executable, "-S", "-B", *script],
            env={"PYTHONPATH": f"{self.path}:{ROOT}", **_ONE_THREAD}, stdout=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            process.stdout.readline()
            took = time.perf_counter() - begun
            rest = process.stdout.read()
        if process.returncode:
            raise SystemExit(f"{self.script} failed; above is why")
        run = Run(**json.loads(rest))
        run.wall["road"] = took
        if len(set(run.ids)) < min(_FEWEST_WORDS, words // 3):
            raise SystemExit(f"{self.script} writes no text, but {run.ids}")
        return run
