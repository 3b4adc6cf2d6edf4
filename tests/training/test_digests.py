"""Digests: a bit that flipped in any file of a run is noticed, named and answered with what to do."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from training.digests import DIGESTS, DigestError, read_checked, record, write_files

Training = Callable[..., subprocess.CompletedProcess[str]]

FRESH = "remove it to start this run afresh"
BUNDLE = "Put back a copy of the bundle, or remove {run}/checkpoint.pt and train again"
RUN = "Put back a copy of it, or remove {run} and train again"
ADVICE = {
    "run.json": RUN,
    "vocab.json": RUN,
    "lexicon.json": RUN,
    "words.safetensors": RUN,
    DIGESTS: RUN,
    "metrics.jsonl": "Remove it: training writes it again from its checkpoint",
    "checkpoint.pt": FRESH,
    "bundle/manifest.json": BUNDLE,
    "bundle/vocab.json": BUNDLE,
    "bundle/state_dict.safetensors": BUNDLE,
    "bundle/serving.safetensors": BUNDLE,
    "bundle/lexicon.json": BUNDLE,
    "bundle/copies.bin": BUNDLE,
}


@pytest.fixture
def run(trained_run: Path, tmp_path: Path) -> Path:
    """A run that was trained to its end, to be damaged."""
    shutil.copytree(trained_run, tmp_path / "run")
    return tmp_path / "run"


@pytest.fixture
def train_again(training: Training, trained_run: Path, scripts: Path, run: Path) -> Training:
    preset = trained_run.parent / "small.toml"
    return lambda: training("train", "--scripts", scripts, "--preset", preset, "--folder", run, "--device", "cpu")


def flip(file: Path, share: float, bit: int) -> None:
    content = bytearray(file.read_bytes())
    content[int(share * (len(content) - 1))] ^= 1 << bit
    file.write_bytes(content)


@pytest.mark.parametrize("name", ADVICE)
@pytest.mark.parametrize(("share", "bit"), [(0.0, 0), (0.5, 6), (0.8, 3)])
def test_a_flipped_bit_is_noticed_wherever_it_is(
    name: str, share: float, bit: int, run: Path, train_again: Training
) -> None:
    flip(run / name, share, bit)
    done = train_again()
    assert done.returncode == 1
    assert name in done.stderr or f"{DIGESTS} is damaged" in done.stderr
    assert ADVICE[name].format(run=run) in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["checkpoint.pt", "metrics.jsonl", "bundle/state_dict.safetensors"])
def test_what_the_sentence_says_helps(name: str, run: Path, train_again: Training, trained_run: Path) -> None:
    flip(run / name, 0.5, 2)
    (run / (name if name == "metrics.jsonl" else "checkpoint.pt")).unlink()
    done = train_again()
    assert done.returncode == 0, done.stderr
    whole, weights = ("metrics.jsonl", "bundle/state_dict.safetensors")
    assert (run / weights).read_bytes() == (trained_run / weights).read_bytes()
    assert len((run / whole).read_text().splitlines()) == len((trained_run / whole).read_text().splitlines())


@pytest.mark.parametrize("command", ["evaluate --folder", "card --folder", "generate --model"])
def test_the_other_commands_notice_it_too(command: str, run: Path, training: Training) -> None:
    flip(run / "bundle" / "manifest.json", 0.5, 0)
    done = training(*command.split(), run)
    assert done.returncode == 1
    assert f"{run}/bundle/manifest.json is damaged: its sha256 is not the one in {DIGESTS}" in done.stderr


def test_a_run_without_digests_is_refused_in_a_sentence(run: Path, train_again: Training) -> None:
    (run / DIGESTS).unlink()
    done = train_again()
    assert done.returncode == 1
    assert f"{run} has no {DIGESTS}: it was removed, or an older version made this run. " in done.stderr


def test_a_file_is_known_before_and_after_it_is_replaced(tmp_path: Path) -> None:
    write_files(tmp_path, {"a": b"one", "b": b"other"})
    for _ in range(2):  # ended twice between the digest and the file
        record(tmp_path, {"a": b"two"})
        assert read_checked(tmp_path, "a", "") == b"one"
    write_files(tmp_path, {"a": b"two"})
    assert read_checked(tmp_path, "a", "") == b"two"
    assert read_checked(tmp_path, "b", "") == b"other"
    (tmp_path / "a").write_bytes(b"three")
    with pytest.raises(DigestError, match=r"a is damaged: .*\. Do this$"):
        read_checked(tmp_path, "a", "Do this")
    record(tmp_path, {"a": b"four"})  # what is damaged does not become known by this
    with pytest.raises(DigestError):
        read_checked(tmp_path, "a", "")
