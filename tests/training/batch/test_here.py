"""`python -m training generate --primes FILE --out FILE`, as a person runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coldopen.bundle.read import read_bundle
from coldopen.writer import Writer
from local.runtime import ROOT
from training.batch.primes import open_primes, read_primes
from training.batch.processes import portion

Training = Callable[..., subprocess.CompletedProcess[str]]

PRIMES = ["otto", "marla", "soupe", "i took the soup", "bo"]


@pytest.fixture(scope="module")
def primes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of 800 primes, a fifth of them of words that nobody knows."""
    file = tmp_path_factory.mktemp("batch") / "primes.txt"
    file.write_text("".join(f"{PRIMES[number % 5]}\n" for number in range(800)))
    return file


@pytest.fixture(scope="module")
def expected(primes: Path, trained_run: Path) -> list[dict[str, Any]]:
    """What those primes become, without processes."""
    with open_primes(str(primes)) as stream:
        lines = list(read_primes(stream, primes.name, {"end": "sentence", "length": 40}))
    return [json.loads(line) for line in portion(Writer(read_bundle(str(trained_run / "bundle"))), lines).lines]


def command(trained_run: Path, primes: Path, out: Path) -> list[str]:
    words = ["generate", "--model", trained_run, "--primes", primes, "--out", out, "--length", 40]
    return [sys.executable, "-m", "training", *map(str, words)]


def has_writers(pid: int) -> bool:
    """Whether a command has started a process to write in."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return any("spawn_main" in Path(f"/proc/{child}/cmdline").read_text() for child in children)
    except (FileNotFoundError, ProcessLookupError):  # one has ended
        return False


def read(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.read_text().splitlines()]


def test_a_line_out_per_line_in_and_again_changes_nothing(
    trained_run: Path, training: Training, primes: Path, expected: list[dict[str, Any]], tmp_path: Path
) -> None:
    out = tmp_path / "scripts.jsonl"
    arguments = ("generate", "--model", trained_run, "--primes", primes, "--out", out, "--length", 40)
    done = training(*arguments)
    assert done.returncode == 0, done.stderr
    assert done.stderr.endswith(f"{out}: 800 lines, 160 of them errors\n")
    assert "800/800" in done.stderr
    assert read(out) == expected
    assert [line["line"] for line in expected] == [*range(1, 801)]
    whole = out.read_bytes()
    assert training(*arguments).stderr.endswith(f"{out} is complete: 800 lines\n")
    assert out.read_bytes() == whole


def test_a_line_is_what_the_prime_gets_alone(
    trained_run: Path, training: Training, expected: list[dict[str, Any]]
) -> None:
    first = expected[0]
    arguments = ("--prime", "otto", "--length", 40, "--seed", first["seed"])
    assert training("generate", "--model", trained_run, *arguments).stdout.rstrip("\n") == first["script"]
    assert first.keys() == {
        *("line", "script", "length", "finish_reason", "seed", "prime", "model", "request_sha256"),
    }
    assert expected[2]["error"]["message"] == "the model has never seen the word 'soupe'; nearest: soup"


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_stopped_at_any_time_it_goes_on_and_ends_with_the_same_file(
    number: int, trained_run: Path, primes: Path, training: Training, expected: list[dict[str, Any]], tmp_path: Path
) -> None:
    out = tmp_path / "scripts.jsonl"
    arguments = command(trained_run, primes, out)
    first = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True)
    while not (out.exists() and out.stat().st_size) and first.poll() is None:
        time.sleep(0.01)
    if number == signal.SIGINT:
        os.killpg(first.pid, number)  # as Ctrl-C does
    else:
        first.send_signal(number)
    _, errors = first.communicate(timeout=60)
    if number != signal.SIGKILL:
        assert (first.returncode, "Traceback" in errors) == (130, False)
        count = len(read(out))
        last = errors.rstrip().splitlines()[-1]
        assert last == f"stopped: {out} has {count:,} lines, and the same command goes on behind them"
    with out.open("ab") as file:
        file.write(b'{"line": ')
    done = training(*arguments[3:])
    assert done.returncode == 0, done.stderr
    assert read(out) == expected


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc to see which processes have begun")
def test_stopped_while_its_processes_begin_it_says_one_sentence(
    trained_run: Path, primes: Path, tmp_path: Path
) -> None:
    out = tmp_path / "scripts.jsonl"
    arguments = command(trained_run, primes, out)
    first = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True)
    while not has_writers(first.pid) and first.poll() is None:
        time.sleep(0.001)
    time.sleep(0.05)  # Python itself begins with SIGINT's default, and then takes two seconds to import torch
    os.killpg(first.pid, signal.SIGINT)
    _, errors = first.communicate(timeout=60)
    told = f"stopped: {out} has 0 lines, and the same command goes on behind them"
    assert (first.returncode, errors.rstrip().splitlines()[-1], "Traceback" in errors) == (130, told, False)


@pytest.mark.slow
def test_pipes(trained_run: Path, expected: list[dict[str, Any]]) -> None:
    arguments = command(trained_run, Path("-"), Path("-"))
    done = subprocess.run(arguments, input=b"otto\nmarla\n", capture_output=True, cwd=ROOT, check=True)
    assert [json.loads(line) for line in done.stdout.splitlines()] == expected[:2]
    assert done.stderr.endswith(b"2 lines, 0 of them errors\n")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ("--primes", "absent.txt", "--out", "out"),
            "absent.txt can't be read: No such file or directory; --primes",
        ),
        (("--primes", "primes.txt"), "--primes and --out belong together"),
        (("--primes", "a", "--out", "b", "--prime", "c"), "--prime is one prime, and --primes a file of them"),
        (("--primes", "a", "--out", "b", "--url", "c"), "--primes are written here, and --url names a deployed API"),
    ],
)
def test_what_can_t_be_done_is_one_sentence(
    arguments: tuple[str, ...], told: str, trained_run: Path, training: Training, tmp_path: Path
) -> None:
    done = training("generate", "--model", trained_run, *arguments, folder=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith(f"training: {told}")
    assert not list(tmp_path.iterdir())


def test_a_file_without_primes_gives_one_without_scripts(trained_run: Path, training: Training, tmp_path: Path) -> None:
    (tmp_path / "primes.csv").write_text("prime\n")
    done = training("generate", "--model", trained_run, "--primes", "primes.csv", "--out", "out", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "primes.csv holds no primes: out is empty\n")
    assert (tmp_path / "out").read_bytes() == b""
