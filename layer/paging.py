"""Keeps the machine code of large libraries compressed, to be brought in when it is first touched.

Whole pages of .text leave the library for a file of zstd frames beside it. In their place stays a segment without
bytes or permissions, so addresses don't move and the unwinder still finds every function. Hot pages (`hot.py`) are
kept uncompressed, to be mapped at once. `pager/` holds what runs in the function: a signal handler in C, and the
module that installs it before torch's libraries are loaded.
"""

import ast
import hashlib
import io
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import zstandard
from elftools.elf.elffile import ELFFile

from layer.compiler import compile_library
from layer.errors import LayerError
from layer.hot import PAGE
from layer.symbols import lowest_address
from layer.target import Arch

BLOCK = 65_536
"""Bytes of a block; also what file offsets move by, which no page size of either architecture exceeds."""

_MIN_TEXT = 4_000_000  # below this a library saves less than its blocks' table and first touches cost
_MAX_HOT_IN_BLOCK = 13  # of 16 pages: to bring in a block that is hot all over costs less than its pages
_LEVEL = 15  # 19 takes three times as long for 1.4 % less
_MAGIC = b"COPAGES2"
SOURCES = Path(__file__).with_name("pager")
_ZSTD = "zstandard==0.25.0"
_ZSTD_SHA256 = "7713e1179d162cf5c7906da876ec2ccb9c3a9dcbdffef0cc7f70c3667a205f0b"
_PT_LOAD, _PT_PHDR = 1, 6
_READ = 4


@dataclass(slots=True)
class _Segment:
    """A program header (elf.h, Elf64_Phdr)."""

    type: int
    flags: int
    offset: int
    address: int
    physical: int
    in_file: int
    in_memory: int
    align: int

    def pack(self) -> bytes:
        """The header's 56 bytes."""
        values = (self.type, self.flags, self.offset, self.address, self.physical)
        return struct.pack("<IIQQQQQQ", *values, self.in_file, self.in_memory, self.align)


def page_out(libraries: Mapping[Path, set[int]], root: Path, arch: Arch, cache: Path) -> None:
    """Take the machine code out of those of `libraries` that are large, and install the pager in `root`.

    Each library comes with the addresses of its hot pages. `root` is the layer's python/ folder, which all libraries
    lie below. `cache` keeps zstd's source and the compiler's files.

    Raises LayerError if a library has no segment that can be split, or the pager can't be compiled.
    """
    table = {
        str(path.relative_to(root)): entry for path, hot in libraries.items() if (entry := take_text_out(path, hot))
    }
    if not table:
        return
    compile_pager(root / "libtorch_pager.so", arch, cache)
    shutil.copyfile(SOURCES / "torch_pager.py", root / "torch_pager.py")
    (root / "torch_pager.txt").write_text("".join(f"{entry} {path}\n" for path, entry in sorted(table.items())))
    import_first(root / "torch" / "__init__.py", "torch_pager")


def import_first(init: Path, module: str) -> None:
    """Let a package's __init__ import `module` before all else but its docstring and __future__ imports.

    Raises LayerError if the file is not Python.
    """
    source = init.read_text(encoding="utf-8")
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        raise LayerError(f"{init} is not Python that can be read: {error}") from error
    lines = source.split("\n")
    first = next((statement for statement in statements if not _stays_above(statement)), None)
    lines.insert(first.lineno - 1 if first else len(lines), f"import {module}  # before any library is loaded")
    init.write_text("\n".join(lines), encoding="utf-8", newline="")


def _stays_above(statement: ast.stmt) -> bool:
    """Whether this is a docstring or a __future__ import."""
    if isinstance(statement, ast.ImportFrom):
        return statement.module == "__future__"
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def take_text_out(path: Path, hot: Collection[int]) -> str | None:
    """Move a library's machine code into `path`.blocks, compressed but for its hot pages (their addresses).

    Returns size in bytes of the blocks file, and size and sha256 of its table; None if the library has too little
    code to be worth it, and stays as it is.
    """
    data = path.read_bytes()
    text_at, text_size = _text(data)
    begin, end = -(-text_at // BLOCK) * BLOCK, (text_at + text_size) // BLOCK * BLOCK
    if end - begin < _MIN_TEXT:
        return None
    segments = _segments(data)
    load = next(
        (s for s in segments if s.type == _PT_LOAD and s.address <= begin and end <= s.address + s.in_file), None
    )
    if load is None:
        raise LayerError(f"{path.name} has its machine code in no segment of its own: it can't be paged")
    at = load.offset + begin - load.address
    base = lowest_address(data)
    pages = _worth_it((page - begin) // PAGE for page in hot if begin <= page < end)
    blocks, table = _compressed(memoryview(data)[at : at + end - begin], begin - base, pages)
    path.with_name(path.name + ".blocks").write_bytes(blocks)
    path.write_bytes(_hollow(data, segments, load, begin, end))
    return f"{len(blocks)} {table} {hashlib.sha256(blocks[:table]).hexdigest()}"


def hot_bytes(blocks: Path) -> int:
    """How many bytes of a blocks file are hot pages.

    Raises LayerError if it is no such file.
    """
    with blocks.open("rb") as file:
        begin = file.read(64)
    if len(begin) < 64 or not begin.startswith(_MAGIC):
        raise LayerError(f"{blocks} is not a file of blocks that this program wrote: build the layer again")
    *_, runs, hot_at, _checksum_of_hot = struct.unpack("<8s7Q", begin)
    return blocks.stat().st_size - int(hot_at) if runs else 0


def _text(data: bytes) -> tuple[int, int]:
    """Address and size of .text."""
    section = ELFFile(io.BytesIO(data)).get_section_by_name(".text")
    return (int(section["sh_addr"]), int(section["sh_size"])) if section else (0, 0)


def _segments(data: bytes) -> list[_Segment]:
    (at,) = struct.unpack_from("<Q", data, 0x20)  # e_phoff
    (count,) = struct.unpack_from("<H", data, 0x38)  # e_phnum
    return [_Segment(*struct.unpack_from("<IIQQQQQQ", data, at + number * 56)) for number in range(count)]


def _compressed(text: memoryview, address: int, hot: Sequence[int]) -> tuple[bytes, int]:
    """The blocks file, as pager.c reads it, and the size of its table; `hot` are pages, counted from `text`'s first."""

    cold = bytearray(text)
    for page in hot:
        cold[page * PAGE : (page + 1) * PAGE] = bytes(PAGE)

    def compress(begin: int) -> bytes:
        # a compressor serves one thread; frames carry a checksum, which the pager's decompressor compares
        compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True, write_content_size=True)
        return compressor.compress(memoryview(cold)[begin : begin + BLOCK])

    with ThreadPoolExecutor() as pool:
        frames = list(pool.map(compress, range(0, len(text), BLOCK)))
    offsets = [0]
    for frame in frames:
        offsets.append(offsets[-1] + len(frame))
    runs = _runs(hot)
    size = len(_MAGIC) + 8 * (7 + len(offsets) + len(runs))
    end = size + offsets[-1]
    hot_at = -(-end // PAGE) * PAGE
    raw = b"".join(text[page * PAGE : (page + pages) * PAGE] for page, pages in runs)
    numbers = (address, len(text), BLOCK, len(frames), len(runs), hot_at, _checksum(raw), *offsets)
    table = _MAGIC + struct.pack(f"<{len(numbers)}Q", *numbers) + b"".join(struct.pack("<II", *run) for run in runs)
    return table + b"".join(frames) + (bytes(hot_at - end) + raw if runs else b""), len(table)


def _checksum(data: bytes) -> int:
    """The lower 32 bits of data's XXH64, which a zstd frame ends with (RFC 8878, 3.1.1)."""
    frame = zstandard.ZstdCompressor(level=1, write_checksum=True).compress(data)
    return int.from_bytes(frame[-4:], "little")


def _worth_it(pages: Iterable[int]) -> list[int]:
    """The pages, sorted, without those of blocks that are hot nearly all over: bringing these in costs less."""
    pages = sorted(pages)
    in_block = Counter(page * PAGE // BLOCK for page in pages)
    return [page for page in pages if in_block[page * PAGE // BLOCK] <= _MAX_HOT_IN_BLOCK]


def _runs(pages: Sequence[int]) -> list[tuple[int, int]]:
    """Neighbouring pages together: the first of each run, and how many."""
    runs: list[tuple[int, int]] = []
    for page in pages:
        if runs and page == sum(runs[-1]):
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((page, 1))
    return runs


def _hollow(data: bytes, segments: list[_Segment], load: _Segment, begin: int, end: int) -> bytes:
    """The library without the file bytes of its code from address `begin` to `end`, and without section headers."""
    at = load.offset + begin - load.address
    taken = end - begin
    parts = [
        _Segment(_PT_LOAD, load.flags, load.offset, load.address, load.physical, begin - load.address, 0, load.align),
        _Segment(_PT_LOAD, 0, at, begin, begin, 0, taken, load.align),
        _Segment(_PT_LOAD, load.flags, at + taken, end, end, load.address + load.in_file - end, 0, load.align),
    ]
    parts[0].in_memory = parts[0].in_file
    parts[2].in_memory = load.address + load.in_memory - end
    kept: list[_Segment] = []
    for segment in segments:
        if segment is load:
            kept += [part for part in parts if part.in_memory]
        elif segment.type != _PT_PHDR:
            kept.append(segment)
    for segment in kept:
        if segment.offset >= at + taken:
            segment.offset -= taken
    mapped = max(s.offset + s.in_file for s in kept if s.type == _PT_LOAD and s.in_file)
    rest = data[:at] + data[at + taken :]
    return _with_headers_at_end(bytearray(rest[:mapped]), kept)


def _with_headers_at_end(library: bytearray, segments: list[_Segment]) -> bytes:
    """Append the program headers, which have no room where they were, in a segment of their own."""
    loads = [number for number, segment in enumerate(segments) if segment.type == _PT_LOAD]
    top = max(segments[number].address + segments[number].in_memory for number in loads)
    address = -(-top // BLOCK) * BLOCK
    library += bytes(-len(library) % BLOCK)
    offset, size = len(library), (len(segments) + 2) * 56
    headers = _Segment(_PT_LOAD, _READ, offset, address, address, size, size, BLOCK)
    described = _Segment(_PT_PHDR, _READ, offset, address, address, size, size, 8)
    segments = [described, *segments[: loads[-1] + 1], headers, *segments[loads[-1] + 1 :]]
    library += b"".join(segment.pack() for segment in segments)
    struct.pack_into("<QQ", library, 0x20, offset, 0)  # e_phoff, e_shoff
    struct.pack_into("<HHHHH", library, 0x36, 56, len(segments), 0, 0, 0)  # e_phentsize, e_phnum, e_sh...
    return bytes(library)


def compile_pager(library: Path, arch: Arch, cache: Path) -> None:
    """Compile the pager with zstd's decompressor in it.

    Raises LayerError if zstd's source can't be had or the compiler fails.
    """
    source = _zstd_source(cache / "zstd-0.25.0-decompressor")
    flags = ["-O2", "-s", "-fvisibility=hidden", "-ffunction-sections", "-Wl,--gc-sections", "-fno-sanitize=all"]
    flags += ["-DZSTD_DISABLE_ASM", "-DZSTDLIB_VISIBLE=", "-DZSTDERRORLIB_VISIBLE=", "-DZDICTLIB_VISIBLE="]
    # -z now: the handler must not be the first to ask the loader for a function
    flags += ["-Wl,-z,now", f"-I{source}"]  # pager.c includes zstd.c
    compile_library(library, SOURCES / "pager.c", arch, flags, cache / "zig", glibc="2.28")


def _zstd_source(folder: Path) -> Path:
    """The folder with zstd.c, its decompressor in one file, fetched once: zstd's Python binding carries all of zstd."""
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="part-") as scratch:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--no-binary", "zstandard"]  # what pip needs to read its metadata may be wheels
        done = subprocess.run([*command, "--dest", scratch, _ZSTD], capture_output=True, text=True, check=False)
        packages = list(Path(scratch).glob("*.tar.gz"))
        if done.returncode or not packages:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise LayerError(f"pip could not download the source of {_ZSTD}: {last}")
        package = packages[0].read_bytes()
        if hashlib.sha256(package).hexdigest() != _ZSTD_SHA256:
            raise LayerError(f"the source of {_ZSTD} is not the pinned file")
        unpacked = Path(scratch, "zstd")
        unpacked.mkdir()
        with tarfile.open(fileobj=io.BytesIO(package)) as archive:
            file = archive.extractfile("zstandard-0.25.0/zstd/zstd.c")
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
