"""The blocks file: a library's machine code, compressed a block at a time, and its hot pages as they are.

It holds, in this order: a table of numbers, the runs of hot pages, a zstd frame for each block, and the hot pages from
the next page boundary on. `runtime/pager.c` reads it; its `struct header` names the numbers.
"""

import struct
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import zstandard

from layer.errors import LayerError

BLOCK = 65_536
"""Bytes of a block; also what file offsets move by, which no page size of either architecture exceeds."""
PAGE = 4096
"""Bytes of a page of machine code."""

_MAX_HOT_IN_BLOCK = 13  # of 16 pages: to bring in a block that is hot all over costs less than its pages
_LEVEL = 15  # 19 takes three times as long for 1.4 % less
_MAGIC = b"COPAGES2"


def pack_blocks(text: memoryview, address: int, hot: Iterable[int]) -> tuple[bytes, int]:
    """Pack machine code into a blocks file.

    Hot pages stand there uncompressed, to be mapped at once; their block has zeros in their place. Those of a block
    that is hot nearly all over are compressed with it: to bring in the block costs less.

    Args:
        text: whole blocks of machine code.
        address: where the code begins, counted from the library's first byte in memory.
        hot: numbers of hot pages, counted from the code's first.

    Returns:
        The file, and the size of its table in bytes.
    """
    pages = _without_hot_blocks(hot)
    frames = _compress(text, pages)
    offsets = [0]
    for frame in frames:
        offsets.append(offsets[-1] + len(frame))
    runs = _runs(pages)
    table_size = len(_MAGIC) + 8 * (7 + len(offsets) + len(runs))
    end = table_size + offsets[-1]
    hot_at = -(-end // PAGE) * PAGE
    raw = b"".join(text[page * PAGE : (page + count) * PAGE] for page, count in runs)
    numbers = (address, len(text), BLOCK, len(frames), len(runs), hot_at, _checksum(raw), *offsets)
    table = _MAGIC + struct.pack(f"<{len(numbers)}Q", *numbers) + b"".join(struct.pack("<II", *run) for run in runs)
    return table + b"".join(frames) + (bytes(hot_at - end) + raw if runs else b""), len(table)


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


def _compress(text: memoryview, hot: Sequence[int]) -> list[bytes]:
    """A zstd frame for each block, with zeros for its hot pages."""
    cold = bytearray(text)
    for page in hot:
        cold[page * PAGE : (page + 1) * PAGE] = bytes(PAGE)

    def compress(begin: int) -> bytes:
        # a compressor serves one thread; frames carry a checksum, which the pager's decompressor compares
        compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True, write_content_size=True)
        return compressor.compress(memoryview(cold)[begin : begin + BLOCK])

    with ThreadPoolExecutor() as pool:
        return list(pool.map(compress, range(0, len(text), BLOCK)))


def _checksum(data: bytes) -> int:
    """The lower 32 bits of data's XXH64, which a zstd frame ends with (RFC 8878, 3.1.1)."""
    frame = zstandard.ZstdCompressor(level=1, write_checksum=True).compress(data)
    return int.from_bytes(frame[-4:], "little")


def _without_hot_blocks(pages: Iterable[int]) -> list[int]:
    """The pages, sorted, without those of blocks that are hot nearly all over."""
    pages = sorted(pages)
    in_block = Counter(page * PAGE // BLOCK for page in pages)
    return [page for page in pages if in_block[page * PAGE // BLOCK] <= _MAX_HOT_IN_BLOCK]


def _runs(pages: Sequence[int]) -> list[tuple[int, int]]:
    """Neighbouring pages together: the first page of each run, and how many it has."""
    runs: list[tuple[int, int]] = []
    for page in pages:
        if runs and page == sum(runs[-1]):
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((page, 1))
    return runs
