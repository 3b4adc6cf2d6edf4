"""Takes the machine code out of large libraries, to be brought in when it is first touched.

Whole pages of a library's machine code (.text) go to a compressed file beside it, the blocks file (`blocks.py`). Their
addresses stay reserved: a segment without bytes or permissions takes their place, so no address changes and the
unwinder still finds every function. A program that touches such an address gets SIGSEGV. The pager, a signal handler
that is part of the layer (`runtime/`), then puts the code in its place.
"""

import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path

from layer.elf.segments import AddressRange, lowest_address, take_out, text_range
from layer.errors import LayerError
from layer.paging.blocks import BLOCK, PAGE, pack_blocks
from layer.paging.pager import install_pager
from layer.target import Arch

_MIN_TEXT = 1_000_000  # bytes: with less, a library saves less than its table and the first touches cost


def page_out(libraries: Mapping[Path, set[int]], root: Path, arch: Arch, cache: Path) -> None:
    """Take the machine code out of those of `libraries` that have much of it, and install the pager in `root`.

    Args:
        libraries: each library with the addresses of its hot pages.
        root: the layer's python/ folder. All libraries are below it.
        arch: what the pager is compiled for.
        cache: the build's cache, which keeps zstd's source and the compiler's files.

    Raises:
        LayerError: if a library can't be split, or the pager can't be compiled.
    """
    entries = {
        path.relative_to(root).as_posix(): entry
        for path, hot in libraries.items()
        if (entry := take_text_out(path, hot))
    }
    if entries:
        install_pager(root, entries, arch, cache)


def take_text_out(path: Path, hot: Collection[int]) -> str | None:
    """Move a library's machine code into `path`.blocks.

    Args:
        path: the library, which is rewritten.
        hot: addresses of the pages that are to stay uncompressed in the blocks file.

    Returns:
        The blocks file's size in bytes, and the size and sha256 of its table, as torch_pager.txt has them. None if the
        library has little machine code; then it stays as it is.

    Raises:
        LayerError: if no segment holds all of the machine code.
    """
    library = path.read_bytes()
    text = text_range(library)
    whole_blocks = AddressRange(-(-text.begin // BLOCK) * BLOCK, text.end // BLOCK * BLOCK)
    begin, end = whole_blocks
    if end - begin < _MIN_TEXT:
        return None
    try:
        code, rest = take_out(library, whole_blocks, alignment=BLOCK)
    except ValueError as error:
        raise LayerError(f"the machine code can't be taken out of {path.name}: {error}") from error
    hot_pages = [(page - begin) // PAGE for page in hot if begin <= page < end]
    blocks, table_size = pack_blocks(code, begin - lowest_address(library), hot_pages)
    path.with_name(path.name + ".blocks").write_bytes(blocks)
    path.write_bytes(rest)
    return f"{len(blocks)} {table_size} {hashlib.sha256(blocks[:table_size]).hexdigest()}"
