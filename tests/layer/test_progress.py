"""A long step shows that it goes on."""

from __future__ import annotations

import time

import pytest

from layer import progress
from layer.progress import step


def test_a_step_has_its_name_a_dot_now_and_then_and_its_time(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "_DOT_EVERY_S", 0.01)
    with step("compressing"):
        assert capsys.readouterr().out == "compressing "
        time.sleep(0.1)
        assert capsys.readouterr().out.startswith("..")
    assert capsys.readouterr().out.endswith("(took 0 s)\n")


def test_a_step_that_fails_ends_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="no"), step("compressing"):
        raise ValueError("no")
    assert capsys.readouterr().out == "compressing (failed after 0 s)\n"


def test_a_step_within_another_has_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    with step("building"), step("downloading"):
        pass
    assert capsys.readouterr().out == "building \ndownloading (took 0 s)\n(took 0 s)\n"
