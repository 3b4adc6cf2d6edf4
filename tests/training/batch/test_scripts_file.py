"""The file of scripts: what is there stays, and what belongs to something else is refused."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from training.batch.errors import BatchError
from training.batch.primes import Line, read_primes
from training.batch.scripts_file import DIGEST, add, open_scripts, skip_written

LINES = list(read_primes(io.BytesIO(b"jerry\nkramer\nelaine\n"), "-", {"length": 5}))


def written(*lines: Line, version: str = "v1") -> list[str]:
    return [json.dumps({"model": {"version": version}, DIGEST: line.digest(version)}) for line in lines]


def skip(path: Path, lines: list[Line], version: str = "v1") -> tuple[int, int]:
    """How many lines were skipped, and the number of the line that comes next."""
    rest = iter(lines)
    with open_scripts(path) as file:
        count = skip_written(file, "out", rest, version)
    return count, next(rest).number


def test_a_new_file_begins_with_the_first_line(tmp_path: Path) -> None:
    assert skip(tmp_path / "out", LINES) == (0, 1)


def test_it_goes_on_behind_the_last_whole_line_and_half_a_line_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "out"
    with open_scripts(path) as file:
        add(file, written(*LINES[:2]))
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"line": 3, "scr')
    assert skip(path, LINES) == (2, 3)
    assert path.read_bytes() == whole
    path.write_bytes(whole + b"{")
    assert skip(path, LINES) == (2, 3)


def test_a_device_does_too(tmp_path: Path) -> None:
    assert skip(Path("/dev/null"), LINES) == (0, 1)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            written(LINES[1]),
            "line 1 of out was made of another prime, or with other options, than line 1 of",
        ),
        (written(LINES[0], version="v0"), "out was written by model version v0, and this is v1: choose another --out"),
        (["a letter to the editor"], "line 1 of out was not written by this command"),
        (["[1]"], "line 1 of out was not written by this command"),
        ([], "the end of out was not written by this command"),
        (written(*LINES[:2]), "the end of out was not written by this command"),
        (written(*LINES, LINES[0]), "out has more lines than there are primes"),
    ],
)
def test_a_file_of_something_else_is_refused_and_left_as_it_is(content: list[str], told: str, tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("".join(f"{line}\n" for line in content) + "half a l")
    before = path.read_bytes()
    with pytest.raises(BatchError, match=told):
        skip(path, LINES)
    assert path.read_bytes() == before


def test_other_options_are_something_else(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text(f"{written(LINES[0])[0]}\n")
    others = list(read_primes(io.BytesIO(b"jerry\n"), "-", {"length": 6}))
    with pytest.raises(BatchError, match="or with other options"):
        skip(path, others)


def test_two_commands_do_not_write_to_one_file(tmp_path: Path) -> None:
    with (
        open_scripts(tmp_path / "out"),
        pytest.raises(BatchError, match="is in use: another command writes to it"),
        open_scripts(tmp_path / "out"),
    ):
        pass


def test_a_place_that_can_t_be_written_to_is_told_so(tmp_path: Path) -> None:
    with (
        pytest.raises(BatchError, match="can't be written to: Is a directory; choose another"),
        open_scripts(tmp_path),
    ):
        pass
