"""Compiles the pager, the C program that brings machine code in, with zstd's decompressor in it."""

import hashlib
import io
import tarfile
import tempfile
from pathlib import Path

from layer.errors import LayerError
from layer.native.compiler import compile_library
from layer.target import Arch
from layer.wheel.fetch import pip_download

RUNTIME = Path(__file__).with_name("runtime")
"""The folder with the pager's sources."""

_ZSTD = "zstandard==0.25.0"  # zstd's Python binding, whose source package carries all of zstd in one file
_ZSTD_SHA256 = "7713e1179d162cf5c7906da876ec2ccb9c3a9dcbdffef0cc7f70c3667a205f0b"
_ZSTD_FILE = "zstandard-0.25.0/zstd/zstd.c"


def compile_pager(library: Path, arch: Arch, cache: Path) -> None:
    """Compile the pager with zstd's decompressor in it.

    Raises LayerError if zstd's source can't be had or the compiler fails.
    """
    source = _zstd_source(cache / "zstd-0.25.0-decompressor")
    flags = ["-O2", "-s", "-fvisibility=hidden", "-ffunction-sections", "-Wl,--gc-sections", "-fno-sanitize=all"]
    flags += ["-DZSTD_DISABLE_ASM", "-DZSTDLIB_VISIBLE=", "-DZSTDERRORLIB_VISIBLE=", "-DZDICTLIB_VISIBLE="]
    # -z now: the handler must not be the first to ask the loader for a function
    flags += ["-Wl,-z,now", f"-I{source}"]  # pager.c includes zstd.c
    compile_library(library, RUNTIME / "pager.c", arch, flags, cache / "zig", glibc="2.28")


def _zstd_source(folder: Path) -> Path:
    """The folder with zstd.c, the decompressor's source in one file; it is fetched once."""
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="part-") as scratch:
        # not zstandard alone: what pip needs to read its metadata may be wheels
        pip_download(f"the source of {_ZSTD}", Path(scratch), ["--no-binary", "zstandard", _ZSTD])
        package = next(Path(scratch).glob("*.tar.gz")).read_bytes()
        if hashlib.sha256(package).hexdigest() != _ZSTD_SHA256:
            raise LayerError(f"the source of {_ZSTD} is not the pinned file")
        unpacked = Path(scratch, "zstd")
        unpacked.mkdir()
        with tarfile.open(fileobj=io.BytesIO(package)) as archive:
            file = archive.extractfile(_ZSTD_FILE)
            (unpacked / "zstd.c").write_bytes(_decompressor(file.read() if file else b""))
        try:
            unpacked.rename(folder)
        except OSError:  # another process was first
            if not folder.is_dir():
                raise
    return folder


def _decompressor(zstd: bytes) -> bytes:
    """The source of zstd without its compressors, which take four fifths of the time to compile."""
    common, rest = zstd.split(b"/**** start inlining compress/fse_compress.c ****/")
    decompress = rest[rest.index(b"/**** start inlining decompress/huf_decompress.c ****/") :]
    return common + decompress[: decompress.index(b"/**** start inlining dictBuilder/cover.c ****/")]
