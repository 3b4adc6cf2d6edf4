"""Makes a layer: wheels in, a folder to upload out."""

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from layer import bytecode, cpuinfo, cuda, elf, glibc, hot, initialisers, paging, prune, slim, wheels
from layer.errors import LayerError
from layer.sizes import size
from layer.target import Target

# 2 January 1980: the zip format counts from the first, and in some time zone this moment is still that day.
_MTIME_S = 315_619_200

_STAGES = "stages.json"


def build(target: Target, out: Path, cache: Path) -> dict[str, int]:
    """Put the layer for `target` into `out`/python; anything else in `out` stays.

    Wheels, the compiler's files and each target's last layer are kept under `cache`, which one build uses at a
    time: others wait. The same inputs give the same bytes, modes and times, and a second build only links the files
    of the first.

    Returns the size in bytes after each stage that changes it.

    Raises LayerError if the wheels can't be had, are damaged, or do not run on the target.
    """
    _check_out(out)
    with _alone(cache):
        return _build(target, out, cache)


@contextmanager
def _alone(cache: Path) -> Iterator[None]:
    """Wait until no other process builds with this cache; the lock goes with the process that holds it."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for another build that uses {cache}")
            fcntl.flock(file, fcntl.LOCK_EX)
        for left in (*cache.glob("layers/part-*"), *cache.glob("wheels/part-*")):  # by a build that was killed
            shutil.rmtree(left)
        yield


def _build(target: Target, out: Path, cache: Path) -> dict[str, int]:
    found = wheels.fetch(target, cache / "wheels")
    python = bytecode.find_python(target.runtime.python)
    if python is None:
        print(
            f"without bytecode, which costs time at each start: no python{target.runtime.python} is here to compile it"
        )
    finished = cache / "layers" / f"{_name(target)}-{_key(target, found, python is not None)}"
    if not finished.is_dir():
        _make(target, found, python, finished, cache)
    _place(finished, out)
    stages: dict[str, int] = json.loads((finished / _STAGES).read_bytes())
    return stages


def _check_out(out: Path) -> None:
    old = out / "python"
    if out.exists() and not out.is_dir():
        raise LayerError(f"{out} is a file: --out must name a folder")
    if old.exists() and not (old / "torch/version.py").is_file():
        raise LayerError(f"{old} is there and is not a layer: give another folder as --out, or remove it")


def _name(target: Target) -> str:
    return f"{target.runtime.tag}-{target.arch}-{'here' if target.here else 'lambda'}"


def _key(target: Target, found: list[wheels.Wheel], has_bytecode: bool) -> str:
    """Return a digest of all that decides what the layer looks like."""
    tools = [f"{name} {version(name)}" for name in ("ziglang", "zstandard")]
    digest = sha256(f"{target} {has_bytecode} {tools}".encode())
    for wheel in found:
        digest.update(f"{wheel.path.name} {wheel.sha256}\n".encode())
    here = Path(__file__).parent
    for source in sorted(path for path in here.rglob("*") if path.suffix in (".py", ".c", ".xz")):
        digest.update(source.relative_to(here).as_posix().encode() + b"\n" + source.read_bytes())
    return digest.hexdigest()[:16]


def _make(target: Target, found: list[wheels.Wheel], python: Path | None, finished: Path, cache: Path) -> None:
    finished.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=finished.parent, prefix="part-") as scratch:
        layer = Path(scratch, "layer")
        root = layer / "python"
        stages = {"the wheels, unpacked": sum(prune.unpack(wheel.path, root) for wheel in found)}
        prune.drop_unused_libraries(root)
        prune.turn_off_distributed(root)
        stages["what CPU inference needs of them"] = size(root)
        slim.make_inference_only(root)
        stages["with a Python part for inference only"] = size(root)
        names, hot_pages = hot.read_list(target.arch), {}
        libraries = []
        for path in prune.shared_libraries(root):
            hot_pages[path] = hot.hot_pages(path.read_bytes(), names)  # while the names are there
            if path.name == initialisers.LIBRARY:
                initialisers.skip(path)
            elf.strip(path)
            libraries.append(elf.read(path))
        if not target.here:
            glibc.check(libraries, target.runtime)
        cuda.write_stubs(libraries, root / "torch/lib", target.arch, cache / "zig")
        stages["stripped"] = size(root)
        cpuinfo.add(root, target.arch, cache)  # imported after the pager, which is put above it
        paging.page_out(hot_pages, root, target.arch, cache)
        stages["with text on demand"] = size(root)
        if python is not None:
            bytecode.compile_all(root, python, "/opt/python")
            stages["with bytecode"] = size(root)
        _normalise(layer)
        (layer / _STAGES).write_text(json.dumps(stages))
        for stale in finished.parent.glob(f"{_name(target)}-*"):
            shutil.rmtree(stale)
        layer.rename(finished)


def _normalise(layer: Path) -> None:
    """Give every file and folder the same time and mode; files are read-only, because builds share them."""
    for folder, _, files in os.walk(layer, topdown=False):
        for name in files:
            path = Path(folder, name)
            path.chmod(0o444)
            os.utime(path, (_MTIME_S, _MTIME_S))
        Path(folder).chmod(0o755)
        os.utime(folder, (_MTIME_S, _MTIME_S))


def _place(finished: Path, out: Path) -> None:
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
