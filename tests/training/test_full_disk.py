"""A full disk and a read-only one: a sentence each, nothing lost, and the same command goes on."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from local.runtime import ROOT
from tests.training.fit.runs import same_weights, train_here

Training = Callable[..., subprocess.CompletedProcess[str]]

OF_A_RUN = (
    "digests.json", "words.safetensors", "vocab.json", "lexicon.json", "run.json", "metrics.jsonl", "curve.png",
    "checkpoint.pt",
)  # fmt: skip


@pytest.mark.parametrize("name", OF_A_RUN)
def test_a_full_disk_is_one_sentence_whichever_file_it_meets(
    name: str, scripts: Path, preset_file: Callable[..., Path], training: Training, tmp_path: Path
) -> None:
    preset, run = preset_file(epochs=1), tmp_path / "run"
    arguments = ("train", "--scripts", scripts, "--preset", preset, "--device", "cpu", "--folder", run)
    run.mkdir()
    (run / f".{name}.part").symlink_to("/dev/full")  # where the file is written before it is renamed
    done = training(*arguments)
    assert done.returncode == 1
    (said,) = [line for line in done.stderr.splitlines() if line.startswith("training: ")]
    assert said == (
        f"training: {run}/{name} can't be read or written: No space left on device; make room, and the same command "
        "goes on from what was saved"
    )
    assert "Traceback" not in done.stderr
    assert not (run / name).exists()
    assert training(*arguments).returncode == 0
    train_here(scripts, preset, tmp_path / "whole")
    assert same_weights(run, tmp_path / "whole")


def mounted(options: str, where: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run a shell script where a file system in memory is mounted, for it alone.

    Args:
        options: of mount.
        where: it is mounted, which is `$0` in the script; `$1` is Python.
    """
    if sys.platform != "linux" or not shutil.which("unshare"):
        pytest.skip("this system can't mount for one process")
    where.mkdir()
    mount = f'mount -t tmpfs -o {options} tmpfs "$0" || exit 77; '
    command = ["unshare", "--map-root-user", "--mount", "sh", "-c", mount + script, str(where), sys.executable]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, cwd=ROOT)
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip(f"this process may not mount: {done.stderr}")
    return done


def test_a_full_disk_keeps_the_bundle_that_was_there_and_no_half_of_another(
    scripts: Path, preset_file: Callable[..., Path], tmp_path: Path
) -> None:
    preset = preset_file(epochs=2)
    train = f'"$1" -m training train --scripts {scripts} --preset {preset} --device cpu --folder "$0/run"'
    script = f'{train}; echo $?; ls -A "$0/run"; mount -o remount,size=40m "$0"; {train}'
    done = mounted("size=112k", tmp_path / "disk", script)
    assert "No space left on device; make room, and the same command goes on" in done.stderr
    assert "/.bundle.part/" in done.stderr
    code, *files = done.stdout[: done.stdout.rindex("read ")].splitlines()[-8:]
    assert ".bundle.part" not in files, (code, files)
    assert done.stdout.splitlines()[-1].startswith("done: the best of 2 epochs"), done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_that_can_t_be_written_to_is_one_sentence_for_who_writes_and_fine_for_who_reads(
    trained_run: Path, scripts: Path, tmp_path: Path
) -> None:
    preset = trained_run.parent / "small.toml"
    commands = {
        "train": f'train --scripts {scripts} --preset {preset} --device cpu --folder "$0/run"',
        "prepare": f'prepare --scripts {scripts} --preset {preset} --folder "$0/new"',
        "evaluate": 'evaluate --folder "$0/run"',
        "complete": f'complete --scripts {scripts} --folder "$0/run"',
        "generate": 'generate --model "$0/run" --length 5',
    }
    runs = "; ".join(f'"$1" -m training {command} >/dev/null; echo {name} $?' for name, command in commands.items())
    done = mounted("size=40m", tmp_path / "disk", f'cp -r {trained_run} "$0/run"; mount -o remount,ro "$0"; {runs}')
    assert done.stdout.split() == ["train", "1", "prepare", "1", "evaluate", "1", "complete", "1", "generate", "0"]
    for said, what in zip(done.stderr.splitlines(), ("run/.lock", "new", "run", "run/.lock"), strict=True):
        assert said.startswith(f"training: {tmp_path}/disk/{what} can't be ")
    assert done.stderr.count("Read-only file system; choose another folder, or see who may write there") == 3
