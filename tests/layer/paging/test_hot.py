"""The hot list: from a trace to names, from names to pages, from pages to code that is there before it is touched."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from layer.__main__ import main
from layer.cache import CACHE
from layer.elf.segments import lowest_address
from layer.elf.symbols import Function, functions
from layer.errors import LayerError
from layer.native.compiler import compile_library
from layer.paging import hot
from layer.paging.blocks import PAGE
from layer.paging.hot import functions_in, hot_pages
from layer.paging.split import page_out
from layer.target import Arch
from layer.wheel.fetch import Wheel
from tests.layer.conftest import ANY_TARGET, HERE
from tests.layer.paging.wide import SOURCE, START

TOUCHED = [0, *range(7, 70, 9)]


def test_of_each_touched_page_one_function_is_named_if_it_can_be_one_that_reaches_no_other() -> None:
    page = PAGE
    named = [
        Function("whole", 0, page), Function("small", 2 * page, 10), Function("large", 2 * page + 16, 3000),
        Function("leaves", 2 * page + 3500, page), Function("alone", 5 * page - 10, 3 * page),
    ]  # fmt: skip
    assert functions_in(named, {0, 2 * page}) == {"whole", "large"}  # not "leaves", whose other page nothing touched
    assert functions_in(named, {6 * page}) == {"alone"}  # there is no other
    assert functions_in(named, set()) == set()


@pytest.fixture(scope="module")
def unpaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of 80 blocks with a function in each, its symbols kept."""
    folder = tmp_path_factory.mktemp("unpaged")
    (folder / "wide.c").write_text(SOURCE)
    compile_library(
        folder / "libwide.so",
        folder / "wide.c",
        HERE,
        ["-O1", "-Wl,--image-base=0x400000"],
        CACHE / "zig",
        glibc="2.28",
    )
    return folder / "libwide.so"


@pytest.fixture
def lists(unpaged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for hot lists, and a wheel that holds the library."""
    with zipfile.ZipFile(tmp_path / "torch.whl", "w") as archive:
        archive.write(unpaged, "torch/lib/libwide.so")
    monkeypatch.setattr(hot, "fetch", lambda *_: [Wheel(tmp_path / "torch.whl", 0, "")])
    monkeypatch.setattr(hot, "_FOLDER", tmp_path / "lists")
    return tmp_path / "lists"


def paged(unpaged: Path, folder: Path, names: frozenset[str]) -> Path:
    """A folder with that library paged, and the functions of these names hot."""
    (folder / "torch").mkdir(parents=True)
    (folder / "torch" / "__init__.py").write_text("import os\n")
    library = folder / "libwide.so"
    library.write_bytes(unpaged.read_bytes())
    page_out({library: hot_pages(unpaged.read_bytes(), names)}, folder, HERE, CACHE)
    return folder


def touch(folder: Path, environment: dict[str, str]) -> int:
    """Call the functions of TOUCHED; returns how many blocks that brought in."""
    script = f"assert all(right(n) for n in {TOUCHED}); print(torch_pager._call('pager_blocks'))"
    done = subprocess.run(
        [sys.executable, "-c", START + script], capture_output=True, text=True, cwd=folder, env=environment, check=True
    )
    return int(done.stdout)


@pytest.mark.usefixtures("lists")
def test_what_a_trace_names_is_there_before_it_is_touched(unpaged: Path, tmp_path: Path) -> None:
    cold = paged(unpaged, tmp_path / "cold", frozenset())
    assert touch(cold, {"TORCH_PAGER_TRACE": str(tmp_path / "trace")}) == len(TOUCHED)
    assert hot.add_trace(tmp_path / "trace", ANY_TARGET, tmp_path) <= len(TOUCHED) + 2  # and the library's own start
    names = hot.read_list(ANY_TARGET.arch)
    assert {f"f{n}" for n in TOUCHED} <= names
    warm = paged(unpaged, tmp_path / "warm", names)
    assert touch(warm, {}) == 0
    assert (warm / "libwide.so.blocks").stat().st_size > len(TOUCHED) * PAGE


def test_all_the_rest_still_comes_when_it_is_touched_a_hot_page_s_block_too(unpaged: Path, tmp_path: Path) -> None:
    folder = paged(unpaged, tmp_path / "some", frozenset({"f3", "f70", "no such function"}))
    script = "import scenarios; scenarios.touch_cold_pages_beside_hot_ones()"
    done = subprocess.run(
        [sys.executable, "-c", START + script], capture_output=True, text=True, cwd=folder, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.usefixtures("lists")
def test_a_trace_adds_to_the_list(unpaged: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = unpaged.read_bytes()
    addresses = {function.name: function.address - lowest_address(data) for function in functions(data)}
    for number, name in enumerate(("f3", "f5"), start=1):
        (tmp_path / "trace").write_text(f"libwide.so {addresses[name] // PAGE * PAGE}\n")
        assert main(["hot", str(tmp_path / "trace"), "--arch", ANY_TARGET.arch]) == 0
        assert f"{number} functions are on the hot list of x86_64" in capsys.readouterr().out
    assert hot.read_list(ANY_TARGET.arch) == {"f3", "f5"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("libwide.so\n", "is not a trace"),
        ("libwide.so here\n", "is not a trace"),
        ("liby.so 1\n", "liby"),
    ],
)
@pytest.mark.usefixtures("lists")
def test_what_is_no_trace_is_named(content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "trace").write_text(content)
    with pytest.raises(LayerError, match=message):
        hot.add_trace(tmp_path / "trace", ANY_TARGET, tmp_path)
    with pytest.raises(LayerError, match="is not a trace"):
        hot.add_trace(tmp_path / "absent", ANY_TARGET, tmp_path)


@pytest.mark.parametrize("arch", list(Arch))
def test_each_architecture_has_a_list_of_functions(arch: Arch) -> None:
    assert len(hot.read_list(arch)) > 1000
