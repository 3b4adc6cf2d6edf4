"""The cache: folders get into it whole or not at all, and one process at a time uses it."""

from __future__ import annotations

import multiprocessing
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from layer.cache import folder_written_aside, locked


def test_a_folder_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    folder = tmp_path / "wheels" / "torch"
    for content in ("first", "second"):
        with folder_written_aside(folder) as fresh:
            (fresh / content).touch()
        assert [path.name for path in folder.iterdir()] == [content]
    assert list((tmp_path / "wheels").iterdir()) == [folder]


def test_a_failure_leaves_the_old_folder_and_nothing_else(tmp_path: Path) -> None:
    with folder_written_aside(tmp_path / "torch") as fresh:
        (fresh / "whole").touch()

    def write_half() -> None:
        with folder_written_aside(tmp_path / "torch") as fresh:
            (fresh / "half").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")) == ["torch", "torch/whole"]


def test_what_another_process_has_put_there_meanwhile_stays(tmp_path: Path) -> None:
    with folder_written_aside(tmp_path / "zstd") as fresh:
        (fresh / "zstd.c").touch()
        with folder_written_aside(tmp_path / "zstd") as other:
            (other / "zstd.c").touch()
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == ["zstd", "zstd/zstd.c"]


def hold(cache: Path, is_held: Event, may_end: Event) -> None:
    with locked(cache):
        is_held.set()
        may_end.wait(60)
        (cache / "done").touch()


def test_others_wait_until_the_cache_is_free(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    is_held, may_end = spawn.Event(), spawn.Event()
    other = spawn.Process(target=hold, args=(tmp_path, is_held, may_end))
    other.start()
    assert is_held.wait(60)
    may_end.set()
    with locked(tmp_path):
        assert (tmp_path / "done").exists()
    other.join()
