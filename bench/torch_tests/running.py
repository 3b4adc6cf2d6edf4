"""Runs a file of PyTorch's tests with stock torch and on the layer, test by test."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from bench.torch_tests.chosen import KEYWORDS

_FOLDER = Path(__file__).parent
_LONGEST = 600  # seconds for one process; a test that hangs is ended with it
_MOST_DEATHS = 20
_ENDED = (0, 1, 5)  # pytest's exit status: all passed, some failed, none was left


@dataclass(frozen=True, slots=True)
class Setting:
    """Where the tests, the layer and stock torch are.

    Attributes:
        tests: PyTorch's `test/`.
        layer: the layer's folder; PYTHONPATH gets its `python/`.
        python: an interpreter with stock torch and pytest.
        stock: stock torch's package there.
        seconds: for each file with stock torch; after that no test of it begins. The layer gets thrice as much.
    """

    tests: Path
    layer: Path
    python: Path
    stock: Path
    seconds: float = 20


@dataclass(frozen=True, slots=True)
class Row:
    """What a file came to.

    Attributes:
        path: the file's, relative to `test/`.
        stock: how many of its tests stock torch ran: what each came to, by its outcome.
        layer: how many of those that stock torch passes the layer passes.
        differences: those that it does not, each with the reason.
        unsteady: how many came to something else at first, and to the same when they were run alone.
        error: why stock torch ran none, else empty.
    """

    path: str
    stock: dict[str, int] = field(default_factory=dict)
    layer: int = 0
    differences: dict[str, str] = field(default_factory=dict)
    unsteady: int = 0
    error: str = ""


Outcomes = dict[str, tuple[str, str]]


def compare(setting: Setting, path: str) -> Row:
    """Run a file both ways; what differs is run again, each test alone."""
    if not (setting.tests / path).is_file():
        return Row(path, error="it is not there in this version")
    stock, error = run(setting, path, on_layer=False, seconds=setting.seconds)
    counts = {outcome: sum(each == outcome for each, _ in stock.values()) for outcome in ("passed", "skipped")}
    counts["failed"] = len(stock) - sum(counts.values())
    passed = [test for test, (outcome, _) in stock.items() if outcome == "passed"]
    if not passed:
        return Row(path, counts, error=error or "no test passes")
    layer, error = run(setting, path, on_layer=True, seconds=3 * setting.seconds, only=passed)
    differing = [test for test in passed if layer.get(test, ("", ""))[0] != "passed"]
    alone = {test: _alone(setting, path, test) for test in differing} if layer else dict.fromkeys(differing, error)
    differences = {test: why for test, why in alone.items() if why}
    return Row(path, counts, len(passed) - len(differences), differences, len(differing) - len(differences))


def _alone(setting: Setting, path: str, test: str) -> str:
    """Run a test alone, both ways; return why it fails on the layer and not with stock torch, or nothing."""
    layer, error = run(setting, path, on_layer=True, seconds=setting.seconds, only=[test])
    outcome, why = layer.get(test, ("failed", error))
    if outcome == "passed":
        return ""
    stock, _ = run(setting, path, on_layer=False, seconds=setting.seconds, only=[test])
    return why or outcome if stock.get(test, ("", ""))[0] == "passed" else ""


def run(
    setting: Setting, path: str, *, on_layer: bool, seconds: float, only: Collection[str] | None = None
) -> tuple[Outcomes, str]:
    """Run the tests of a file in new processes, one after the other where one dies.

    Returns (what each test came to and why, by its name in pytest; the last lines of a process that ran none).
    """
    with tempfile.TemporaryDirectory() as home:
        results = Path(home, "results")
        environment = _environment(setting, on_layer, seconds, results)
        if only is not None:
            environment["ONLY"] = str(Path(home, "only"))
            Path(home, "only").write_text("\n".join(only), encoding="utf-8")
        for _ in range(_MOST_DEATHS):
            begun = len(_read(results))
            status, error = _run_once(setting, path, environment, home)
            if status in _ENDED or len(_read(results)) == begun:
                break
        return _read(results), error


def _environment(setting: Setting, on_layer: bool, seconds: float, results: Path) -> dict[str, str]:
    folders = [str(_FOLDER), str(setting.tests)]
    more = {}
    if on_layer:
        folders.insert(0, str(setting.layer / "python"))
        more = {"STOCK_TORCH": str(setting.stock)}
    return {
        "HOME": str(results.parent), "PATH": os.environ["PATH"], "PYTHONPATH": ":".join(folders), "PYTHONHASHSEED": "0",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "OMP_NUM_THREADS": "1", "PYTORCH_TESTING_DEVICE_ONLY_FOR": "cpu", "RESULTS": str(results),
        "SECONDS_FOR_FILE": str(seconds), **more,
    }  # fmt: skip


def _run_once(setting: Setting, path: str, environment: dict[str, str], home: str) -> tuple[int, str]:
    """Return the exit status, and what says best why nothing ran, if nothing did."""
    command = [str(setting.python), "-B", "-m", "pytest", "-q", "--noconftest", "-p", "no:cacheprovider"]
    command += ["-p", "plugin", "-c", os.devnull, "--rootdir", str(setting.tests), str(setting.tests / path)]
    command += ["-k", KEYWORDS]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False, env=environment, cwd=home,
            timeout=_LONGEST,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return -1, f"it takes more than {_LONGEST} s"
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("E ")] or lines or [f"exit status {done.returncode}"]
    return done.returncode, errors[-1]


def _read(results: Path) -> Outcomes:
    """What each test came to; one that began and has no outcome ended its process."""
    outcomes: Outcomes = {}
    if not results.exists():
        return outcomes
    for line in results.read_text(encoding="utf-8").splitlines():
        noted = json.loads(line)
        outcomes[noted["test"]] = (noted.get("outcome", "failed"), noted.get("why", "it ends the process"))
    return outcomes
