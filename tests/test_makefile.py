"""What each make target installs. A stand-in for Python notes what would be installed, and what would be run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.runtime import ROOT


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder with the Makefile and what it reads, and with programs that stand in for a machine's."""
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy2(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "locks", tmp_path / "locks")
    for name in ("programs", "torch_tests"):
        (tmp_path / "bench" / name).mkdir(parents=True)
        shutil.copy2(ROOT / "bench" / name / "requirements.txt", tmp_path / "bench" / name)
    (tmp_path / "bin").mkdir()
    shutil.copy2(ROOT / "tests" / "programs" / "python-stand-in", tmp_path / "bin")
    return tmp_path


def make(machine: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    path = f"{machine / 'bin'}:{os.environ['PATH']}"
    variables = {**os.environ, "PATH": path, "NOTES": str(machine / "notes"), **environment}
    command = ["make", *arguments, "PYTHON=python-stand-in"]
    return subprocess.run(command, capture_output=True, text=True, cwd=machine, env=variables, check=False, timeout=60)


def locks_installed(machine: Path) -> set[str]:
    """The names of the locks that were installed since the last call."""
    notes = machine / "notes"
    found = set(re.findall(r"--require-hashes .*--requirement locks/(\w+)\.txt", notes.read_text()))
    notes.unlink()
    return found


def make_older(machine: Path) -> None:
    """Put back what make compares by a minute: a clock that ticks slowly gives files of one moment the same time."""
    for file in (*machine.glob("*"), *machine.glob("locks/*"), *machine.glob(".venv/*.installed")):
        os.utime(file, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns - 60_000_000_000))


@pytest.mark.parametrize(
    ("nvidia_smi", "message", "cpu_index"),
    [
        ("exit 0", "the CUDA build: nvidia-smi sees a GPU", False),
        ("exit 9", "the CPU build where PyTorch's index can be reached: there is no NVIDIA GPU", True),
    ],
)
def test_torch_is_the_cuda_build_where_nvidia_smi_answers(
    machine: Path, nvidia_smi: str, message: str, cpu_index: bool
) -> None:
    (machine / "bin" / "nvidia-smi").write_text(f"#!/bin/sh\n{nvidia_smi}\n")
    (machine / "bin" / "nvidia-smi").chmod(0o755)
    done = make(machine, "install")
    assert done.returncode == 0, done.stderr
    assert f"Installing torch==2.13.0, {message}" in done.stdout
    (torch,) = [line for line in (machine / "notes").read_text().splitlines() if line.endswith("torch==2.13.0")]
    assert ("--extra-index-url https://download.pytorch.org/whl/cpu" in torch) == cpu_index


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ((), ""),
        (('PRIME=what\'s the "deal"', "LENGTH=60"), ' --prime what\'s the "deal" --length 60'),
        (("URL=https://example.org/v1",), " --url https://example.org/v1"),
        (("PRIMES=my primes.csv", "OUT=scripts.jsonl"), " --primes my primes.csv --out scripts.jsonl"),
    ],
)
def test_generate_passes_on_what_it_is_given(machine: Path, arguments: tuple[str, ...], options: str) -> None:
    done = make(machine, "generate", *arguments)
    assert done.returncode == 0, done.stderr
    assert (machine / "notes").read_text().splitlines()[-1] == f"-m training generate{options}"


def test_training_passes_on_what_it_is_given(machine: Path) -> None:
    done = make(machine, "train", "SCRIPTS=my scripts.csv", "AUXILIARY=office", "PRESET=wide")
    assert done.returncode == 0, done.stderr
    said = "-m training train --scripts my scripts.csv --auxiliary office --preset wide --device auto"
    assert said in (machine / "notes").read_text()


@pytest.mark.parametrize(
    ("given", "nearest"),
    [("SCRIPT=mine.txt", "SCRIPTS"), ("PRESETS=seed", "PRESET"), ("lenght=5", "LENGTH"), ("FOO=1", "none")],
)
def test_a_misspelt_variable_is_refused_with_the_nearest_right_name(machine: Path, given: str, nearest: str) -> None:
    command = ["make", "train", given]  # with the real Python, which looks for the nearest
    done = subprocess.run(command, capture_output=True, text=True, cwd=machine, check=False, timeout=60)
    assert done.returncode == 2
    assert (
        f"There is no variable {given.partition('=')[0]} (nearest: {nearest}). There are: PYTHON SCRIPTS" in done.stderr
    )
    assert not (machine / "notes").exists()


@pytest.mark.parametrize("given", ["PRIME=a=b SCRIPT=c", "MAX_LENGTH=50", "AWS_PROFILE=mine", "TORCH=torch==2.13.0"])
def test_a_variable_that_something_reads_is_taken(machine: Path, given: str) -> None:
    done = make(machine, "help", given)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (("build",), "--env default build"),
        (("deploy", "ENV=prod", "YES=yes"), "--env prod up --yes"),
        (("deploy", "MODEL_URI=s3://models/0123456789ab/"), "--env default up --model s3://models/0123456789ab/"),
        (("rollback", "YES=yes"), "--env default rollback --yes"),
        (("delete", "ENV=prod"), "--env prod delete"),
        (
            ("batch", "PRIMES=a b.csv", "OUT=s3://b/p/", "LENGTH=9"),
            "--env default batch --primes a b.csv --out s3://b/p/ --length 9",
        ),
    ],
)
def test_a_deployment_passes_on_what_it_is_given(machine: Path, arguments: tuple[str, ...], options: str) -> None:
    done = make(machine, *arguments)
    assert done.returncode == 0, done.stderr
    assert (machine / "notes").read_text().splitlines()[-1] == f"-m deploy {options}"


@pytest.mark.parametrize("target", ["build", "deploy"])
def test_an_architecture_for_one_command_alone_is_refused(machine: Path, target: str) -> None:
    done = make(machine, target, "ARCHITECTURE=arm64")
    assert done.returncode == 2
    assert "Write Architecture and Runtime into parameter_overrides in samconfig.toml" in done.stderr


SERVE = {"serve", "emulator"} if sys.platform == "linux" else {"serve"}


@pytest.mark.parametrize(
    ("target", "locks"),
    [
        ("demo", SERVE),
        ("serve", SERVE),
        ("serve MODEL_URI=runs/mine/bundle", SERVE),
        ("serve MODEL_URI=s3://bucket/cold-open/0123456789ab/", {*SERVE, "train"}),
        ("layer", SERVE),
        ("train", {*SERVE, "train"}),
        ("generate", {*SERVE, "train"}),
        ("evaluate", {*SERVE, "train"}),
        ("publish BUCKET=mine", {*SERVE, "train"}),
        ("build", {*SERVE, "sam"}),
        ("deploy", {*SERVE, "sam"}),
        ("deploy MODEL_URI=s3://bucket/cold-open/0123456789ab/", {*SERVE, "train", "sam"}),
        ("rollback", {*SERVE, "train", "sam"}),
        ("logs", {*SERVE, "sam"}),
        ("delete", {*SERVE, "sam"}),
        ("batch", {*SERVE, "train", "sam"}),
        ("lint", {*SERVE, "train", "develop"}),
        ("check", {*SERVE, "train", "develop"}),
        ("test", {*SERVE, "train", "develop", "sam", "stack"}),
        ("test-programs", {*SERVE, "train", "develop"}),
        ("test-torch", {*SERVE, "train", "develop"}),
        ("test-docker", {*SERVE, "train", "develop", "sam"}),
        ("test-batches", {*SERVE, "train", "develop", "sam"}),
        ("fuzz", {*SERVE, "fuzz"}),
        ("install", {*SERVE, "train", "develop", "sam", "fuzz", "stack"}),
    ],
)
def test_a_target_installs_what_it_needs_and_no_more(machine: Path, target: str, locks: set[str]) -> None:
    done = make(machine, *target.split())
    assert done.returncode == 0, done.stderr
    assert locks_installed(machine) == locks


def test_a_second_install_does_nothing(machine: Path) -> None:
    make(machine, "install")
    locks_installed(machine)
    assert make(machine, "install").returncode == 0
    assert not (machine / "notes").exists()


def test_a_lock_that_changed_is_installed_again_and_those_that_build_on_it(machine: Path) -> None:
    make(machine, "install")
    for changed, again in (("sam", {"sam"}), ("train", {"train", "develop"})):
        locks_installed(machine)
        make_older(machine)
        (machine / "locks" / f"{changed}.txt").touch()
        assert make(machine, "install").returncode == 0
        assert set(re.findall(r"locks/(\w+)\.txt", (machine / "notes").read_text())) == again


def test_an_install_that_fails_is_done_again(machine: Path) -> None:
    (machine / "bin" / "install").write_text("#!/bin/sh\nexit 1\n")  # puts the emulator into its place
    (machine / "bin" / "install").chmod(0o755)
    assert make(machine, "demo").returncode == (2 if sys.platform == "linux" else 0)
    (machine / "bin" / "install").unlink()
    assert make(machine, "demo").returncode == 0


def test_a_python_that_torch_has_no_wheels_for_is_refused_in_a_sentence(machine: Path) -> None:
    done = make(machine, "install", WRONG_VERSION="1")
    assert done.returncode == 2
    assert "Cold Open needs Python 3.11 to 3.14; name one with: make PYTHON=python3.12" in done.stderr
    assert not (machine / "notes").exists()


def test_help_lists_each_target_that_a_person_calls() -> None:
    shown = subprocess.run(["make", "help"], capture_output=True, text=True, cwd=ROOT, check=True).stdout
    phony = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[0].split()
    assert re.findall(r"^  make ([\w-]+)", shown, re.MULTILINE) == phony
