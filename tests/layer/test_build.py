"""A build: what it makes, what it keeps for the next one, and what it leaves alone."""

from __future__ import annotations

import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from layer import build as build_module
from layer.build import build
from layer.errors import LayerError
from layer.target import RUNTIMES, Arch, PythonPart, Target
from layer.wheel.fetch import fetch
from tests.layer.conftest import ANY_TARGET, HERE

pytestmark = pytest.mark.skipif(HERE is not Arch.X86_64, reason="the tiny torch is built for this machine")


@pytest.fixture
def cache(tiny_torch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that has the tiny torch in place of the real one; its two Python files and libraries stay as they are."""
    monkeypatch.setattr(build_module, "make_inference_only", lambda _: None)
    monkeypatch.setattr(build_module, "make_library", lambda _: None)
    monkeypatch.setattr(build_module, "skip_initialisers", lambda *_: None)
    monkeypatch.setattr(build_module, "add_startup", lambda *_: None)
    cache = tmp_path / "cache"
    fill(cache, tiny_torch)
    return cache


def fill(cache: Path, wheel: Path, target: Target = ANY_TARGET) -> None:
    def download(_: Target, folder: Path) -> None:
        shutil.copy(wheel, folder)

    fetch(target, cache / "wheels", download)


def listing(root: Path) -> dict[str, tuple[int, float, bytes]]:
    """Mode, time and content of everything in a folder."""
    return {
        path.relative_to(root).as_posix(): (
            path.stat().st_mode,
            path.stat().st_mtime,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in root.rglob("*")
    }


def test_the_layer_goes_to_python(cache: Path, tmp_path: Path) -> None:
    build(ANY_TARGET, tmp_path / "out", cache)
    files = [path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert {name for name in files if not name.endswith(".pyc")} == {
        "python/torch/__init__.py",
        "python/torch/version.py",
        "python/torch/_C.cpython-313-x86_64-linux-gnu.so",
        "python/torch/lib/libtorch_cpu.so",
        "python/torch/bin/torch_shm_manager",
        "python/torch-2.13.0+cpu.dist-info/METADATA",
        "python/torch-2.13.0+cpu.dist-info/WHEEL",
        "python/torch-2.13.0+cpu.dist-info/licenses/LICENSE",
        "python/torch-2.13.0+cpu.dist-info/licenses/third_party/lib/NOTICE.cpp",
    }


def test_a_build_tells_what_each_stage_left(cache: Path, tiny_torch: Path, tmp_path: Path) -> None:
    stages = build(ANY_TARGET, tmp_path / "out", cache)
    with zipfile.ZipFile(tiny_torch) as wheel:
        assert stages["the wheels, unpacked"] == sum(entry.file_size for entry in wheel.infolist())
    assert stages["what CPU inference needs of them"] > stages["stripped"]  # of debugging symbols
    layer = sum(path.stat().st_size for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert list(stages.values())[-1] == layer
    assert build(ANY_TARGET, tmp_path / "again", cache) == stages  # from the cache


def test_what_a_killed_build_left_in_the_cache_is_removed(cache: Path, tmp_path: Path) -> None:
    for folder in ("layers", "wheels"):
        (cache / folder / "part-x" / "layer").mkdir(parents=True)
    build(ANY_TARGET, tmp_path / "out", cache)
    assert not list(cache.glob("*/part-*"))


def test_a_layer_for_this_machine_leaves_lambda_s_in_the_cache(cache: Path, tmp_path: Path) -> None:
    build(ANY_TARGET, tmp_path / "a", cache)
    build(replace(ANY_TARGET, here=True), tmp_path / "b", cache)
    build(ANY_TARGET, tmp_path / "c", cache)
    library = "python/torch/lib/libtorch_cpu.so"
    assert (tmp_path / "a" / library).samefile(tmp_path / "c" / library)


def test_each_python_part_has_a_layer_of_its_own(cache: Path, tmp_path: Path) -> None:
    build(ANY_TARGET, tmp_path / "a", cache)
    build(replace(ANY_TARGET, part=PythonPart.LIBRARY), tmp_path / "b", cache)
    build(replace(ANY_TARGET, part=PythonPart.LIBRARY), tmp_path / "b", cache)  # it is known as a layer
    build(ANY_TARGET, tmp_path / "c", cache)
    library = "python/torch/lib/libtorch_cpu.so"
    assert (tmp_path / "a" / library).samefile(tmp_path / "c" / library)
    assert not (tmp_path / "a" / library).samefile(tmp_path / "b" / library)


def test_two_builds_give_the_same_bytes_modes_and_times(cache: Path, tiny_torch: Path, tmp_path: Path) -> None:
    build(ANY_TARGET, tmp_path / "a", cache)
    fill(tmp_path / "other", tiny_torch)
    build(ANY_TARGET, tmp_path / "b", tmp_path / "other")
    assert listing(tmp_path / "a") == listing(tmp_path / "b")


def test_a_second_build_links_the_files_of_the_first(cache: Path, tmp_path: Path) -> None:
    build(ANY_TARGET, tmp_path / "a", cache)
    build(ANY_TARGET, tmp_path / "b", cache)
    library = "python/torch/lib/libtorch_cpu.so"
    assert (tmp_path / "a" / library).samefile(tmp_path / "b" / library)


def test_a_build_replaces_the_layer_and_nothing_else(cache: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    build(ANY_TARGET, out, cache)
    (out / "python/torch/stale.py").touch()
    (out / "notes.txt").touch()
    build(ANY_TARGET, out, cache)
    assert not (out / "python/torch/stale.py").exists()
    assert sorted(path.name for path in out.iterdir()) == ["notes.txt", "python"]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".layer-")] == []


def test_a_python_folder_that_is_no_layer_is_left_alone(cache: Path, tmp_path: Path) -> None:
    mine = tmp_path / "out/python/mine.py"
    mine.parent.mkdir(parents=True)
    mine.touch()
    with pytest.raises(LayerError, match="is not a layer"):
        build(ANY_TARGET, tmp_path / "out", cache)
    assert mine.exists()


def test_out_must_not_be_a_file(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(LayerError, match="is a file"):
        build(ANY_TARGET, tmp_path / "out", cache)


def test_a_failed_build_leaves_nothing_behind(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise LayerError("failed")

    monkeypatch.setattr(build_module, "drop_unused_libraries", fail)
    with pytest.raises(LayerError, match="failed"):
        build(ANY_TARGET, tmp_path / "out", cache)
    assert not (tmp_path / "out").exists()
    assert list((cache / "layers").iterdir()) == []


def test_a_wheel_that_was_tampered_with_in_the_cache_is_refused(cache: Path, tmp_path: Path) -> None:
    wheel = next(cache.glob("wheels/*/torch-*.whl"))
    content = bytearray(wheel.read_bytes())
    content[-1] ^= 1  # the zip file's comment length: it stays readable, and of the same size
    wheel.write_bytes(content)
    with pytest.raises(LayerError, match=r"is not the pinned file: its sha256 is .*; if .* is still there, delete it"):
        build(ANY_TARGET, tmp_path / "out", cache)
    assert list((cache / "layers").iterdir()) == []


def test_only_the_last_layer_of_a_target_is_kept(cache: Path, tmp_path: Path) -> None:
    stale = cache / "layers/cp313-x86_64-lambda-inference-0123456789abcdef"
    other = cache / "layers/cp313-arm64-lambda-0123456789abcdef"
    for folder in (stale, other):
        folder.mkdir(parents=True)
    build(ANY_TARGET, tmp_path / "out", cache)
    assert not stale.exists()
    assert other.exists()


def test_every_target_has_its_own_wheels(cache: Path, tiny_torch: Path) -> None:
    arm = Target(Arch.ARM64, RUNTIMES["3.12"])
    fill(cache, tiny_torch, arm)
    assert {path.name for path in (cache / "wheels").iterdir()} == {
        "torch-2.13.0-cp313-x86_64",
        "torch-2.13.0-cp312-aarch64",
    }


def test_two_builds_at_once_take_turns(cache: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda name: build(ANY_TARGET, tmp_path / name, cache), ("a", "b")))
    library = "python/torch/lib/libtorch_cpu.so"
    assert (tmp_path / "a" / library).samefile(tmp_path / "b" / library)


def test_a_full_disk_is_one_sentence_and_nothing_is_left_on_it(cache: Path, full_disk: Path) -> None:
    with pytest.raises(LayerError, match=r"^the layer can't be written to .*/disk/\S+: No space left on device$"):
        build(ANY_TARGET, full_disk / "out", cache)
    assert list(full_disk.iterdir()) == []
