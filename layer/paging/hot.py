"""The hot list: the functions that a start and a first request run. Their pages are mapped at once.

The list holds names and not addresses. So it serves other builds of the same torch too: those for another Python, or
from another index. A list that is wrong or missing costs milliseconds, since what it leaves out comes when it is
touched.

A list is made from traces. Run anything in a layer with TORCH_PAGER_TRACE=FILE set, on a machine of the architecture,
then run `python -m layer hot FILE`.
"""

import lzma
import zipfile
from collections.abc import Iterable
from pathlib import Path

from layer.elf.segments import lowest_address
from layer.elf.symbols import Function, functions
from layer.errors import LayerError
from layer.paging.blocks import PAGE
from layer.target import Arch, Target
from layer.wheel.fetch import fetch

_FOLDER = Path(__file__).with_name("hotlists")


def read_list(arch: Arch) -> frozenset[str]:
    """The names on an architecture's list; none if there is no list."""
    path = _FOLDER / f"{arch}.txt.xz"
    return frozenset(lzma.decompress(path.read_bytes()).decode().split()) if path.exists() else frozenset()


def hot_pages(library: bytes, names: frozenset[str]) -> set[int]:
    """Addresses, in the library's own address space, of the pages that the named functions lie in."""
    pages: set[int] = set()
    for function in functions(library) if names else ():
        if function.name in names:
            pages.update(_pages_of(function))
    return pages


def add_trace(trace: Path, target: Target, cache: Path) -> int:
    """Add the functions of a trace, made with the target's layer, to its architecture's list; returns its length.

    Raises LayerError if the trace is none, or not one of this layer's libraries.
    """
    touched = _read_trace(trace)
    names = set(read_list(target.arch))
    with zipfile.ZipFile(fetch(target, cache / "wheels")[0].path) as wheel:
        for library, pages in touched.items():
            if (member := f"torch/lib/{library}") not in wheel.namelist():
                raise LayerError(f"{trace} names {library}, which is not in torch's wheel")
            content = wheel.read(member)
            base = lowest_address(content)  # a trace counts from where the library was loaded
            names.update(running(functions(content), {base + page for page in pages}))
    _FOLDER.mkdir(exist_ok=True)
    text = "".join(f"{name}\n" for name in sorted(names))
    (_FOLDER / f"{target.arch}.txt.xz").write_bytes(lzma.compress(text.encode(), preset=9))
    return len(names)


def running(named: Iterable[Function], touched: set[int]) -> set[str]:
    """Choose functions whose pages are, as nearly as can be, the touched ones.

    For each touched page one function is chosen among those that lie in it. A function that lies in touched pages alone
    comes first; among equals, the one that covers most of the page.

    Args:
        named: the library's functions.
        touched: addresses of pages.

    Returns the names of the chosen functions.
    """
    best: dict[int, tuple[bool, int, str]] = {}
    for function in named:
        pages = _pages_of(function)
        is_inside = all(page in touched for page in pages)
        for page in pages:
            if page in touched:
                best[page] = max(best.get(page, (False, 0, "")), (is_inside, _overlap(function, page), function.name))
    return {name for _, _, name in best.values()}


def _pages_of(function: Function) -> range:
    return range(function.address // PAGE * PAGE, function.address + function.size, PAGE)


def _overlap(function: Function, page: int) -> int:
    return min(function.address + function.size, page + PAGE) - max(function.address, page)


def _read_trace(trace: Path) -> dict[str, set[int]]:
    touched: dict[str, set[int]] = {}
    try:
        for line in trace.read_text(encoding="ascii").splitlines():
            library, address = line.split()
            touched.setdefault(library, set()).add(int(address))
    except (ValueError, OSError) as error:
        raise LayerError(f"{trace} is not a trace that TORCH_PAGER_TRACE wrote: {error}") from None
    if not touched:
        raise LayerError(f"{trace} is empty: nothing was traced")
    return touched
