"""Which wheels are fetched, and how they are kept."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from layer.errors import LayerError
from layer.target import Target
from layer.wheel import fetch as fetch_module
from layer.wheel.fetch import Download, Wheel, fetch
from tests.layer.conftest import ANY_TARGET, MakeWheel

TORCH_CPU = "torch-2.13.0+cpu-cp313-cp313-manylinux_2_28_x86_64.whl"
TORCH_CUDA = "torch-2.13.0-cp313-cp313-manylinux_2_28_x86_64.whl"
TYPING = "typing_extensions-4.16.0-py3-none-any.whl"
METADATA = "Metadata-Version: 2.1\nName: {}\nVersion: {}\n"


@pytest.fixture
def index(make_wheel: MakeWheel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Make the wheels named the only ones that pip finds."""
    links = tmp_path / "links"
    links.mkdir()
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_DISABLE_PIP_VERSION_CHECK", "1")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(links))

    def publish(*names: str) -> None:
        for name in names:
            project, version = name.split("-")[:2]
            info = f"{project}-{version}.dist-info"
            metadata = METADATA.format(project, version).encode()
            tags = f"Wheel-Version: 1.0\nTag: {'-'.join(name[:-4].split('-')[2:])}\n".encode()
            shutil.move(make_wheel(name, {f"{info}/METADATA": metadata, f"{info}/WHEEL": tags}), links)

    return publish


@pytest.fixture
def unpinned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch_module, "SHA256", {})


def names(found: list[Wheel]) -> list[str]:
    return [wheel.path.name for wheel in found]


def put(*names: str) -> Download:
    """A download that only writes small files."""

    def download(_: Target, folder: Path) -> None:
        for name in names:
            (folder / name).write_bytes(b"a wheel")

    return download


def no_download(_: Target, folder: Path) -> None:
    raise AssertionError("downloaded again")


@pytest.mark.usefixtures("unpinned")
def test_the_cpu_build_is_preferred(index: Callable[..., None], tmp_path: Path) -> None:
    index(TORCH_CPU, TORCH_CUDA, TYPING)
    assert names(fetch(ANY_TARGET, tmp_path / "cache")) == [TORCH_CPU, TYPING]


@pytest.mark.usefixtures("unpinned")
def test_the_cuda_build_serves_where_there_is_no_cpu_build(index: Callable[..., None], tmp_path: Path) -> None:
    index(TORCH_CUDA, TYPING)
    assert names(fetch(ANY_TARGET, tmp_path / "cache")) == [TORCH_CUDA, TYPING]


def test_a_wheel_that_is_not_the_pinned_one_is_refused(index: Callable[..., None], tmp_path: Path) -> None:
    index(TORCH_CUDA, TYPING)
    with pytest.raises(LayerError, match=r"torch-2\.13\.0-cp313.* is not the pinned file"):
        fetch(ANY_TARGET, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_pips_last_error_is_the_message(index: Callable[..., None], tmp_path: Path) -> None:
    index()
    with pytest.raises(LayerError) as failure:
        fetch(ANY_TARGET, tmp_path / "cache")
    reason = "No matching distribution found for torch==2.13.0"
    assert str(failure.value) == f"pip could not download torch==2.13.0 for python3.13 on x86_64: {reason}"


@pytest.mark.usefixtures("unpinned")
def test_a_full_disk_is_one_sentence(index: Callable[..., None], full_disk: Path) -> None:
    index(TORCH_CUDA, TYPING)
    with pytest.raises(LayerError, match=r"^pip could not download .*: OSError: .*No space left on device"):
        fetch(ANY_TARGET, full_disk)
    assert list(full_disk.iterdir()) == []


@pytest.mark.usefixtures("unpinned")
def test_fetched_wheels_are_kept(tmp_path: Path) -> None:
    first = fetch(ANY_TARGET, tmp_path, put(TORCH_CPU, TYPING))
    assert fetch(ANY_TARGET, tmp_path, no_download) == first


@pytest.mark.usefixtures("unpinned")
def test_an_interrupted_download_is_never_taken_for_a_whole_one(tmp_path: Path) -> None:
    def interrupted(_: Target, folder: Path) -> None:
        (folder / TORCH_CPU).write_bytes(b"half a wh")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(ANY_TARGET, tmp_path, interrupted)
    found = fetch(ANY_TARGET, tmp_path, put(TORCH_CPU, TYPING))
    assert found[0].path.read_bytes() == b"a wheel"


@pytest.mark.usefixtures("unpinned")
def test_a_cached_wheel_that_has_shrunk_is_downloaded_again(tmp_path: Path) -> None:
    found = fetch(ANY_TARGET, tmp_path, put(TORCH_CPU, TYPING))
    found[0].path.write_bytes(b"a wh")
    again = fetch(ANY_TARGET, tmp_path, put(TORCH_CPU, TYPING))
    assert again[0].path.read_bytes() == b"a wheel"


@pytest.mark.usefixtures("unpinned")
def test_other_dependencies_are_fetched_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch(ANY_TARGET, tmp_path, put(TORCH_CPU, TYPING))
    monkeypatch.setattr(fetch_module, "DEPENDENCIES", ("typing_extensions==4.17.0",))
    newer = TYPING.replace("4.16.0", "4.17.0")
    assert names(fetch(ANY_TARGET, tmp_path, put(TORCH_CPU, newer))) == [TORCH_CPU, newer]
