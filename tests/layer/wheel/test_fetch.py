"""Which wheels are fetched, and how they are kept."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from layer.errors import LayerError
from layer.target import RUNTIMES, Arch, Target
from layer.wheel import fetch as fetch_module
from layer.wheel.fetch import Download, Wheel, fetch
from layer.wheel.rules import DEPENDENCIES, SHA256
from tests.layer.conftest import ANY_TARGET, MakeWheel

TORCH_CPU = "torch-2.13.0+cpu-cp313-cp313-manylinux_2_28_x86_64.whl"
TORCH_CUDA = "torch-2.13.0-cp313-cp313-manylinux_2_28_x86_64.whl"
TYPING = "typing_extensions-4.16.0-py3-none-any.whl"
NEWER_TYPING = "typing_extensions-4.17.0-py3-none-any.whl"
METADATA = "Metadata-Version: 2.1\nName: {}\nVersion: {}\n"


@pytest.fixture
def index(make_wheel: MakeWheel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Make the wheels named the only ones that pip finds: `index(name)` pins them, `index(name, code=...)` does not."""
    links = tmp_path / "links"
    links.mkdir()
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_DISABLE_PIP_VERSION_CHECK", "1")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(links))

    def publish(*names: str, code: bytes | None = None) -> None:
        for name in names:
            project, version = name.split("-")[:2]
            info = f"{project}-{version}.dist-info"
            metadata = METADATA.format(project, version).encode()
            tags = f"Wheel-Version: 1.0\nTag: {'-'.join(name[:-4].split('-')[2:])}\n".encode()
            files = {f"{info}/METADATA": metadata, f"{info}/WHEEL": tags, f"{project}/__init__.py": code or b""}
            wheel = make_wheel(name, files)
            if code is None:
                monkeypatch.setitem(SHA256, name, sha256(wheel.read_bytes()).hexdigest())
            shutil.move(wheel, links / name)

    return publish


@pytest.fixture
def small_wheels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pins what `put` writes."""
    for name in (TORCH_CPU, TYPING, NEWER_TYPING):
        monkeypatch.setitem(SHA256, name, sha256(b"a wheel").hexdigest())


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


def test_the_cpu_build_is_preferred(index: Callable[..., None], tmp_path: Path) -> None:
    index(TORCH_CPU, TORCH_CUDA, TYPING)
    assert names(fetch(ANY_TARGET, tmp_path / "cache")) == [TORCH_CPU, TYPING]


def test_the_cuda_build_serves_where_there_is_no_cpu_build(index: Callable[..., None], tmp_path: Path) -> None:
    index(TORCH_CUDA, TYPING)
    assert names(fetch(ANY_TARGET, tmp_path / "cache")) == [TORCH_CUDA, TYPING]


@pytest.mark.parametrize("arch", list(Arch))
@pytest.mark.parametrize("python", list(RUNTIMES))
def test_every_wheel_that_a_layer_may_be_made_of_is_pinned(arch: Arch, python: str) -> None:
    tag = f"cp{python.replace('.', '')}"
    for build in ("2.13.0+cpu", "2.13.0"):
        assert len(SHA256[f"torch-{build}-{tag}-{tag}-manylinux_2_28_{arch.machine}.whl"]) == 64
    for dependency in DEPENDENCIES:
        assert len(SHA256[f"{dependency.replace('==', '-')}-py3-none-any.whl"]) == 64


def test_a_wheel_that_was_tampered_with_is_refused_though_its_record_fits(
    index: Callable[..., None], tmp_path: Path
) -> None:
    index(TORCH_CUDA, TYPING)
    index(TORCH_CUDA, code=b"import torch_of_somebody_else")
    with pytest.raises(LayerError, match=r"torch-2\.13\.0-cp313.* is not the pinned file: its sha256 is "):
        fetch(ANY_TARGET, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_wheel_that_nobody_pinned_is_refused(
    index: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index(TORCH_CUDA, TYPING)
    monkeypatch.delitem(SHA256, TYPING)
    with pytest.raises(LayerError, match=f"no sha256 is pinned for {TYPING}"):
        fetch(ANY_TARGET, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_pips_last_error_is_the_message(index: Callable[..., None], tmp_path: Path) -> None:
    index()
    with pytest.raises(LayerError) as failure:
        fetch(ANY_TARGET, tmp_path / "cache")
    reason = "No matching distribution found for torch==2.13.0"
    assert str(failure.value) == f"pip could not download torch==2.13.0 for python3.13 on x86_64: {reason}"


def test_a_full_disk_is_one_sentence(index: Callable[..., None], full_disk: Path) -> None:
    index(TORCH_CUDA, TYPING)
    with pytest.raises(LayerError, match=r"^pip could not download .*: OSError: .*No space left on device"):
        fetch(ANY_TARGET, full_disk)
    assert list(full_disk.iterdir()) == []


@pytest.mark.usefixtures("small_wheels")
def test_fetched_wheels_are_kept(tmp_path: Path) -> None:
    first = fetch(ANY_TARGET, tmp_path, put(TORCH_CPU, TYPING))
    assert fetch(ANY_TARGET, tmp_path, no_download) == first


@pytest.mark.usefixtures("small_wheels")
def test_an_interrupted_download_is_never_taken_for_a_whole_one(tmp_path: Path) -> None:
    def interrupted(_: Target, folder: Path) -> None:
        (folder / TORCH_CPU).write_bytes(b"half a wh")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(ANY_TARGET, tmp_path, interrupted)
    found = fetch(ANY_TARGET, tmp_path, put(TORCH_CPU, TYPING))
    assert found[0].path.read_bytes() == b"a wheel"


@pytest.mark.usefixtures("small_wheels")
def test_a_cached_wheel_that_has_shrunk_is_downloaded_again(tmp_path: Path) -> None:
    found = fetch(ANY_TARGET, tmp_path, put(TORCH_CPU, TYPING))
    found[0].path.write_bytes(b"a wh")
    again = fetch(ANY_TARGET, tmp_path, put(TORCH_CPU, TYPING))
    assert again[0].path.read_bytes() == b"a wheel"


@pytest.mark.usefixtures("small_wheels")
def test_other_dependencies_are_fetched_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch(ANY_TARGET, tmp_path, put(TORCH_CPU, TYPING))
    monkeypatch.setattr(fetch_module, "DEPENDENCIES", ("typing_extensions==4.17.0",))
    assert names(fetch(ANY_TARGET, tmp_path, put(TORCH_CPU, NEWER_TYPING))) == [TORCH_CPU, NEWER_TYPING]


@pytest.mark.usefixtures("small_wheels")
def test_a_cached_wheel_that_is_no_longer_the_pinned_one_is_downloaded_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def download(_: Target, folder: Path) -> None:
        (folder / TORCH_CPU).write_bytes(b"a newer one")
        (folder / TYPING).write_bytes(b"a wheel")

    fetch(ANY_TARGET, tmp_path, put(TORCH_CPU, TYPING))
    monkeypatch.setitem(SHA256, TORCH_CPU, sha256(b"a newer one").hexdigest())
    assert fetch(ANY_TARGET, tmp_path, download)[0].path.read_bytes() == b"a newer one"
