"""The front by itself, as the Dockerfile packs it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from local.runtime import ROOT, free_port


def packed(folder: Path) -> Path:
    """What the Dockerfile's stage `front` copies, and nothing else."""
    stage = re.search(r" AS front\n(.*?)\n\n", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.DOTALL)
    assert stage
    for line in re.findall(r"^COPY (.+)$", stage[1], re.MULTILINE):
        *sources, target = line.split()
        for source in sources:
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, folder / target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                (folder / target).mkdir(exist_ok=True)
                shutil.copy2(ROOT / source, folder / target)
    return folder


def front(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it without anything that is installed."""
    command = [sys.executable, "-S", "-m", "local.front", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False, timeout=60)


def test_it_needs_nothing_but_python(tmp_path: Path) -> None:
    done = front(packed(tmp_path), "--help")
    assert (done.returncode, done.stderr) == (0, "")


def test_an_emulator_that_is_not_there_is_named(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    done = front(packed(tmp_path), url)
    assert (done.returncode, done.stderr) == (1, f"local: the emulator does not answer at {url}\n")
