"""The build's cache: where it is, who may use it, and how a folder gets into it.

`wheels/` holds downloads, `layers/` the last layer of each target, `zig/` the compiler's own files, and
`zstd-*-source/` a C source.
"""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

CACHE = Path(__file__).resolve().parent.parent / ".cache"
"""The project's cache, which every command uses."""

_UNFINISHED = "part-"


@contextmanager
def locked(cache: Path) -> Iterator[None]:
    """Let one process at a time build with this cache; the others wait.

    The operating system gives the lock back when its process ends, however that ends. What a killed process left
    unfinished is removed.
    """
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for another build that uses {cache}")
            fcntl.flock(file, fcntl.LOCK_EX)
        for unfinished in (*cache.glob(f"layers/{_UNFINISHED}*"), *cache.glob(f"wheels/{_UNFINISHED}*")):
            shutil.rmtree(unfinished)
        yield


@contextmanager
def folder_written_aside(folder: Path) -> Iterator[Path]:
    """Make a folder that takes the place of `folder` when the context ends, and is removed if the context fails.

    So an interrupted download or build is never taken for a whole one.

    Yields:
        An empty folder beside `folder`, on the same disk.

    Raises:
        OSError: as renaming does.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=_UNFINISHED) as scratch:
        fresh = Path(scratch, "fresh")
        fresh.mkdir()
        yield fresh
        if folder.exists():
            folder.rename(Path(scratch, "stale"))
        try:
            fresh.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another process has put the same there meanwhile
                raise


def digest_of_sources() -> str:
    """The sha256, in hex, of all sources of this program that decide what a layer looks like: paths and contents."""
    root = Path(__file__).parent
    digest = sha256()
    for source in sorted(path for path in root.rglob("*") if path.suffix in (".py", ".c", ".h", ".xz")):
        digest.update(source.relative_to(root).as_posix().encode() + b"\n" + source.read_bytes())
    return digest.hexdigest()
