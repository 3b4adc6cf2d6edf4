"""What the Dockerfile's stages copy, without Docker."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from local.runtime import ROOT


def packed(stage: str, folder: Path) -> Path:
    """What a stage copies from the project, and nothing else, in a folder."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    found = re.search(rf" AS {stage}\n(.*?)(\n\n|\Z)", text, re.DOTALL)
    assert found
    for line in re.findall(r"^COPY ([^-].+)$", found[1], re.MULTILINE):
        *sources, target = line.split()
        for source in sources:
            into = folder / target.lstrip("/")
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, into, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                into.mkdir(exist_ok=True, parents=True)
                shutil.copy2(ROOT / source, into)
    return folder
