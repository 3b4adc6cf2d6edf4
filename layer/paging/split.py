"""Takes the machine code out of large libraries, to be brought in when it is first touched.

Whole pages of .text leave the library for a file of compressed blocks beside it (`blocks.py`). In their place stays a
segment without bytes or permissions, so addresses don't move and the unwinder still finds every function. What runs in
the function lies in `runtime/`: a signal handler in C, and the module that installs it before torch's libraries are
loaded.
"""

import hashlib
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path

from layer.elf.segments import hollow_out, loaded_around, lowest_address, read_segments, text_section
from layer.errors import LayerError
from layer.paging.blocks import BLOCK, PAGE, pack_blocks
from layer.paging.pager import RUNTIME, compile_pager
from layer.python.rewrite import import_first
from layer.target import Arch

_MIN_TEXT = 4_000_000  # below this a library saves less than its blocks' table and first touches cost


def page_out(libraries: Mapping[Path, set[int]], root: Path, arch: Arch, cache: Path) -> None:
    """Take the machine code out of those of `libraries` that are large, and install the pager in `root`.

    Args:
        libraries: each with the addresses of its hot pages.
        root: the layer's python/ folder, which all libraries lie below.
        cache: keeps zstd's source and the compiler's files.

    Raises LayerError if a library has no segment that can be split, or the pager can't be compiled.
    """
    entries = {
        str(path.relative_to(root)): entry for path, hot in libraries.items() if (entry := take_text_out(path, hot))
    }
    if not entries:
        return
    compile_pager(root / "libtorch_pager.so", arch, cache)
    shutil.copyfile(RUNTIME / "torch_pager.py", root / "torch_pager.py")
    (root / "torch_pager.txt").write_text("".join(f"{entry} {path}\n" for path, entry in sorted(entries.items())))
    import_first(root / "torch" / "__init__.py", "torch_pager")


def take_text_out(path: Path, hot: Collection[int]) -> str | None:
    """Move a library's machine code into `path`.blocks.

    Args:
        hot: addresses of the pages that are to stay uncompressed there.

    Returns size in bytes of the blocks file, and size and sha256 of its table, as torch_pager.txt has them; None if the
    library has too little code to be worth it, and stays as it is.

    Raises LayerError if the code lies in no single segment.
    """
    library = path.read_bytes()
    text_at, text_size = text_section(library)
    begin, end = -(-text_at // BLOCK) * BLOCK, (text_at + text_size) // BLOCK * BLOCK  # whole blocks
    if end - begin < _MIN_TEXT:
        return None
    load = loaded_around(read_segments(library), begin, end)
    if load is None:
        raise LayerError(f"{path.name} has its machine code in no segment of its own: it can't be paged")
    at = load.offset + begin - load.address
    text = memoryview(library)[at : at + end - begin]
    pages = [(page - begin) // PAGE for page in hot if begin <= page < end]
    blocks, table_size = pack_blocks(text, begin - lowest_address(library), pages)
    path.with_name(path.name + ".blocks").write_bytes(blocks)
    path.write_bytes(hollow_out(library, load, begin, end, BLOCK))
    return f"{len(blocks)} {table_size} {hashlib.sha256(blocks[:table_size]).hexdigest()}"
