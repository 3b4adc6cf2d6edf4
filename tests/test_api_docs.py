"""The example in docs/api.md runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from local.gateway import gateway
from local.runtime import ROOT, local_function


def test_the_example_prints_the_end_of_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "api.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len([line for line in example.splitlines() if line]) <= 6
    with (tmp_path / "log").open("wb") as log, local_function(log) as function, gateway(function) as url:
        names: dict[str, object] = {}
        exec(example.replace("http://localhost:8080", url), names)
        names["client"].close()  # type: ignore[attr-defined]
    assert re.fullmatch(r" \S[^\n]+\n", capsys.readouterr().out)
