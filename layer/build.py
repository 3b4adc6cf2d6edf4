"""Makes a layer: wheels in, a folder to upload out.

`build` takes a finished layer from the cache, or makes it there first, and links its files into the folder that it is
asked to fill.
"""

import json
import os
import shutil
import tempfile
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from layer.cache import digest_of_sources, folder_written_aside, locked
from layer.elf.bind import bind_own_symbols
from layer.elf.bindings import skip_bindings
from layer.elf.initialisers import skip_initialisers
from layer.elf.read import read_library
from layer.elf.rules import LIBRARY, PYTHON_LIBRARY, SKIPPED, SKIPPED_FOR_LIBRARY
from layer.elf.strip import strip
from layer.errors import LayerError
from layer.native.cpuinfo import add_cpuinfo
from layer.native.cuda_stubs import write_stubs
from layer.native.glibc import check_versions
from layer.paging.hot import hot_pages, read_list
from layer.paging.split import page_out
from layer.progress import step
from layer.python.bytecode import compile_all, find_python, leave_bytecode_only
from layer.python.left_out import KEPT_SOURCES
from layer.python.rewrite import make_inference_only, make_library
from layer.sizes import size
from layer.startup.install import add_startup
from layer.target import PythonPart, Target
from layer.wheel.fetch import Wheel, check_digest, fetch
from layer.wheel.unpack import drop_unused_libraries, shared_libraries, unpack

# 2 January 1980: the zip format counts from the first, and in some time zone this moment is still that day.
_MTIME_S = 315_619_200

_STAGES = "stages.json"


def build(target: Target, out: Path, cache: Path) -> dict[str, int]:
    """Put the layer for `target` into `out`/python; anything else in `out` stays.

    `cache` keeps the wheels, the compiler's files and the last layer of each target. One build uses it at a time;
    others wait. The same inputs give the same bytes, modes and times, and a second build only links the files of the
    first.

    Returns the size in bytes after each stage that changes it.

    Raises LayerError if the wheels can't be had, are damaged, or do not run on the target.
    """
    _check_out(out)
    with locked(cache):
        return _build(target, out, cache)


def _build(target: Target, out: Path, cache: Path) -> dict[str, int]:
    wheels = fetch(target, cache / "wheels")
    python = find_python(target.runtime.python)
    if python is None:
        print(
            f"without bytecode, which costs time at each start: no python{target.runtime.python} is here to compile it"
        )
    finished = cache / "layers" / f"{_name(target)}-{_key(target, wheels, python is not None)}"
    if not finished.is_dir():
        with folder_written_aside(finished) as layer:
            _make(target, wheels, python, layer, cache)
            for stale in finished.parent.glob(f"{_name(target)}-*"):
                shutil.rmtree(stale)
    _link_into(out, finished)
    stages: dict[str, int] = json.loads((finished / _STAGES).read_bytes())
    return stages


def _check_out(out: Path) -> None:
    old = out / "python"
    if out.exists() and not out.is_dir():
        raise LayerError(f"{out} is a file: --out must name a folder")
    if old.exists() and not (old / "torch/version.py").is_file():
        raise LayerError(f"{old} is there and is not a layer: give another folder as --out, or remove it")


def _name(target: Target) -> str:
    return f"{target.runtime.tag}-{target.arch}-{'here' if target.here else 'lambda'}-{target.part}"


def _key(target: Target, wheels: list[Wheel], has_bytecode: bool) -> str:
    """Return a digest of all that decides what the layer looks like."""
    tools = [f"{name} {version(name)}" for name in ("ziglang", "zstandard")]
    files = [f"{wheel.path.name} {wheel.sha256}" for wheel in wheels]
    return sha256(f"{target} {has_bytecode} {tools} {files} {digest_of_sources()}".encode()).hexdigest()[:16]


def _make(target: Target, wheels: list[Wheel], python: Path | None, layer: Path, cache: Path) -> None:
    """Make the layer in the empty folder `layer`; a file in it notes the size after each stage."""
    root = layer / "python"
    with step("unpacking what CPU inference needs"):
        for wheel in wheels:
            check_digest(wheel.path)  # again: a cache is a folder that others may write to
        stages = {"the wheels, unpacked": sum(unpack(wheel.path, root) for wheel in wheels)}
        drop_unused_libraries(root)
        stages["what CPU inference needs of them"] = size(root)
    with step(f"cutting the Python part down: {target.part}"):
        make_inference_only(root) if target.part is PythonPart.INFERENCE else make_library(root)
        stages[f"with the Python part for {target.part}"] = size(root)
    with step("stripping the libraries"):
        hot = _strip_libraries(root, target, cache)
        stages["stripped"] = size(root)
    with step("taking the machine code out"):
        add_cpuinfo(root, target.arch, cache)  # before the pager, whose import goes above these two
        add_startup(root, target.arch, cache)
        page_out(hot, root, target.arch, cache)
        stages["with text on demand"] = size(root)
    if python is not None:
        with step("compiling the Python part"):
            compile_all(root, python, "/opt/python")
            if target.part is PythonPart.LIBRARY:
                for package in ("torch", "torchgen"):
                    leave_bytecode_only(root / package, KEPT_SOURCES)
            stages["with bytecode"] = size(root)
    _normalise(layer)
    (layer / _STAGES).write_text(json.dumps(stages))


def _strip_libraries(root: Path, target: Target, cache: Path) -> dict[Path, set[int]]:
    """Strip all libraries, and add stubs for CUDA's; return the addresses of each library's hot pages."""
    names, hot, libraries = read_list(target.arch), {}, []
    for path in shared_libraries(root):
        hot[path] = hot_pages(path.read_bytes(), names)  # before the functions' names are cut off
        is_slim = target.part is PythonPart.INFERENCE  # else nothing shows that no program reaches them
        if path.name == LIBRARY:
            skip_initialisers(path, SKIPPED if is_slim else SKIPPED_FOR_LIBRARY)
        if path.name == PYTHON_LIBRARY and is_slim:
            skip_bindings(path)
        strip(path)
        libraries.append(read_library(path))
    for library in libraries:
        bind_own_symbols(library.path, frozenset().union(*(each.exports for each in libraries if each is not library)))
    if not target.here:
        check_versions(libraries, target.runtime)
    write_stubs(libraries, root / "torch/lib", target.arch, cache / "zig")
    return hot


def _normalise(layer: Path) -> None:
    """Give every file and folder the same time and mode; files are read-only, because builds share them."""
    for folder, _, files in os.walk(layer, topdown=False):
        for name in files:
            path = Path(folder, name)
            path.chmod(0o444)
            os.utime(path, (_MTIME_S, _MTIME_S))
        Path(folder).chmod(0o755)
        os.utime(folder, (_MTIME_S, _MTIME_S))


def _link_into(out: Path, finished: Path) -> None:
    """Link or copy the finished layer next to `out`, then put it there in one step."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".layer-") as scratch:
        fresh = Path(scratch, "fresh")
        shutil.copytree(finished / "python", fresh, copy_function=_link)
        out.mkdir(exist_ok=True)
        old = out / "python"
        if old.exists():
            old.rename(Path(scratch, "old"))
        fresh.rename(old)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without hard links
        try:
            shutil.copy2(source, target)
        except OSError as error:  # copytree would go on, and name each file that fails
            raise LayerError(f"the layer can't be written to {target}: {error.strerror}") from error
