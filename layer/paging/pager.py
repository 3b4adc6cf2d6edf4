"""Puts the pager into the layer: its library, the module that loads it, and the list of libraries that it serves."""

import io
import shutil
import tarfile
import tempfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from layer.cache import folder_written_aside
from layer.errors import LayerError
from layer.native.compiler import compile_library
from layer.native.rules import OLDEST_GLIBC
from layer.python.rewrite import import_first
from layer.target import Arch
from layer.wheel.fetch import pip_download
from layer.wheel.rules import ZSTD_SOURCE_SHA256, ZSTD_VERSION

LICENCES = "torch_pager.licenses"
"""The folder beside torch's for the licences of what the layer adds to the wheels."""

_RUNTIME = Path(__file__).with_name("runtime")
_LICENSE = Path(__file__).parents[2] / "LICENSE"


def install_pager(root: Path, entries: Mapping[str, str], arch: Arch, cache: Path) -> None:
    """Put the pager into `root`, the layer's python/ folder, and let torch import it before it loads a library.

    `entries` maps the path below `root` of each library that the pager shall serve to its line in torch_pager.txt.

    Raises LayerError if zstd's source can't be had or the compiler fails.
    """
    zstd = _zstd_source(cache / f"zstd-{ZSTD_VERSION}-source")
    _compile_pager(root / "libtorch_pager.so", zstd, arch, cache)
    shutil.copyfile(_RUNTIME / "torch_pager.py", root / "torch_pager.py")
    licences = root / LICENCES
    licences.mkdir()
    shutil.copyfile(zstd / "LICENSE", licences / "zstd")
    shutil.copyfile(_LICENSE, licences / "cold-open")
    (root / "torch_pager.txt").write_text("".join(f"{entry} {path}\n" for path, entry in sorted(entries.items())))
    import_first(root / "torch" / "__init__.py", "torch_pager")


def _compile_pager(library: Path, zstd: Path, arch: Arch, cache: Path) -> None:
    """Compile the pager together with zstd's decompressor."""
    flags = ["-O2", "-s", "-fvisibility=hidden", "-ffunction-sections", "-Wl,--gc-sections", "-fno-sanitize=all"]
    flags += ["-DZSTD_DISABLE_ASM", "-DZSTDLIB_VISIBLE=", "-DZSTDERRORLIB_VISIBLE=", "-DZDICTLIB_VISIBLE="]
    flags += ["-Wl,-z,now"]  # the signal handler must not be the first to ask the loader for a function
    flags += [f"-I{zstd}"]  # pager.c includes zstd.c
    compile_library(library, _RUNTIME / "pager.c", arch, flags, cache / "zig", glibc=OLDEST_GLIBC)


def _zstd_source(folder: Path) -> Path:
    """The folder with zstd.c, the decompressor in one file, and its LICENSE; downloaded unless it is there.

    The source package of zstd's Python binding carries all of zstd.
    """
    if folder.is_dir():
        return folder
    name = f"zstandard-{ZSTD_VERSION}"
    requirement = name.replace("-", "==")
    with tempfile.TemporaryDirectory() as scratch:
        # Only zstandard has to be a source package: pip may need wheels of others to read its metadata.
        pip_download(f"the source of {requirement}", Path(scratch), ["--no-binary", "zstandard", requirement])
        packages = list(Path(scratch).glob("*.tar.gz"))
        if not packages:
            raise LayerError(f"pip downloaded no source package of {requirement}")
        package = packages[0].read_bytes()
    if sha256(package).hexdigest() != ZSTD_SOURCE_SHA256:
        raise LayerError(f"the source of {requirement} is not the pinned file")
    with tarfile.open(fileobj=io.BytesIO(package)) as archive, folder_written_aside(folder) as fresh:
        (fresh / "zstd.c").write_bytes(_decompressor(_read(archive, f"{name}/zstd/zstd.c")))
        (fresh / "LICENSE").write_bytes(_read(archive, f"{name}/zstd/LICENSE"))
    return folder


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    return file.read() if file else b""


def _decompressor(zstd: bytes) -> bytes:
    """The source of zstd without its compressors, which take four fifths of the time to compile."""
    shared, rest = zstd.split(b"/**** start inlining compress/fse_compress.c ****/")
    decompress = rest[rest.index(b"/**** start inlining decompress/huf_decompress.c ****/") :]
    return shared + decompress[: decompress.index(b"/**** start inlining dictBuilder/cover.c ****/")]
