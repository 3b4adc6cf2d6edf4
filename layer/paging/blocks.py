"""The blocks file: a library's machine code, compressed a block at a time, and its hot pages as they are.

`runtime/pager.c` reads it. The code is divided into blocks of 64 kB. Each block is a zstd frame, which ends with a
checksum of the block. Hot pages are those that a start and a first request touch (`hot.py`). They are kept uncompressed
at the end of the file, to be mapped at once; in their blocks there are zeros instead. The file, little-endian:

    8 bytes              magic number
    7 numbers of 8       address of the code, its bytes, bytes of a block, number of blocks, number of hot runs,
                         where in the file the hot pages begin, their checksum
    n + 1 numbers of 8   where each of n blocks' frames begins, counted from the end of the table; where the last ends
    2 numbers of 4 each  for each run of neighbouring hot pages: its first page, counted from the first page of the
                         code, and its number of pages (here the table ends)
    frames
    hot pages            from the next multiple of 4096 bytes on
"""

import struct
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import zstandard

from layer.errors import LayerError

BLOCK = 65_536
"""Bytes of a block. No page of either architecture is larger."""
PAGE = 4096
"""Bytes of a page, as hot pages are counted."""

_LEVEL = 15  # 19 takes three times as long for 1.4 % less
_MAGIC = b"COPAGES2"
_HEADER = struct.Struct("<8s7Q")


def pack_blocks(code: memoryview, address: int, hot: Iterable[int]) -> tuple[bytes, int]:
    """Pack machine code into a blocks file.

    Args:
        code: whole blocks of machine code.
        address: where the code begins, counted from the library's first byte in memory.
        hot: numbers of hot pages, counted from the code's first.

    Returns:
        The file, and the size of its table in bytes.
    """
    hot_pages = sorted(hot)
    frames = _compress(code, hot_pages)
    offsets = [0]
    for frame in frames:
        offsets.append(offsets[-1] + len(frame))
    runs = _runs(hot_pages)
    table_size = _HEADER.size + 8 * (len(offsets) + len(runs))
    end_of_frames = table_size + offsets[-1]
    hot_offset = -(-end_of_frames // PAGE) * PAGE
    hot_code = b"".join(code[page * PAGE : (page + num_pages) * PAGE] for page, num_pages in runs)
    table = _HEADER.pack(_MAGIC, address, len(code), BLOCK, len(frames), len(runs), hot_offset, _checksum(hot_code))
    table += struct.pack(f"<{len(offsets)}Q", *offsets) + b"".join(struct.pack("<II", *run) for run in runs)
    padding = bytes(hot_offset - end_of_frames) if runs else b""
    return table + b"".join(frames) + padding + hot_code, len(table)


def num_hot_bytes(blocks: Path) -> int:
    """How many bytes of a blocks file are hot pages.

    Raises LayerError if it is no such file.
    """
    with blocks.open("rb") as file:
        header = file.read(_HEADER.size)
    if len(header) < _HEADER.size or not header.startswith(_MAGIC):
        raise LayerError(f"{blocks} is not a file of blocks that this program wrote: build the layer again")
    *_, num_runs, hot_offset, _checksum_of_hot = _HEADER.unpack(header)
    return blocks.stat().st_size - int(hot_offset) if num_runs else 0


def _compress(code: memoryview, hot: Sequence[int]) -> list[bytes]:
    """The code's blocks as zstd frames, with zeros for the hot pages."""
    cold = bytearray(code)
    for page in hot:
        cold[page * PAGE : (page + 1) * PAGE] = bytes(PAGE)

    def compress(begin: int) -> bytes:
        # A compressor serves one thread at a time. The pager's decompressor compares the checksum.
        compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True, write_content_size=True)
        return compressor.compress(memoryview(cold)[begin : begin + BLOCK])

    with ThreadPoolExecutor() as pool:
        return list(pool.map(compress, range(0, len(code), BLOCK)))


def _checksum(data: bytes) -> int:
    """The lower 32 bits of the data's XXH64. A zstd frame ends with them (RFC 8878, 3.1.1)."""
    frame = zstandard.ZstdCompressor(level=1, write_checksum=True).compress(data)
    return int.from_bytes(frame[-4:], "little")


def _runs(pages: Sequence[int]) -> list[tuple[int, int]]:
    """Join neighbouring pages: the first page of each run, and its number of pages."""
    runs: list[tuple[int, int]] = []
    for page in pages:
        if runs and page == sum(runs[-1]):
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((page, 1))
    return runs
