"""The table of samplings has a row for each."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import sampling


def test_each_sampling_has_a_row(
    trained_run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sampling, "_TEMPERATURES", (0.5, 1.0))
    monkeypatch.setattr(sampling, "_CUTS", ((1, 1.0), (None, 0.9)))
    monkeypatch.setattr("sys.argv", ["sampling", str(trained_run)])
    sampling.main()
    title, _, header, _, held_out, *rows = capsys.readouterr().out.splitlines()
    assert title.endswith("1 scripts of 300 words")
    assert [row.split("|")[1].strip().split(",")[0] for row in rows] == ["0.5", "1.0", "0.5", "1.0"]
    assert len({row.count("|") for row in (header, held_out, *rows)}) == 1
    assert rows[0].split("|")[2:9] == rows[1].split("|")[2:9]  # the likeliest word, at any temperature


def test_without_a_folder_it_says_how_it_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["sampling"])
    with pytest.raises(SystemExit, match=r"python -m bench\.sampling FOLDER \[SCRIPTS\]"):
        sampling.main()
