"""The hot list: the functions that a start and a first request run. The pages they are in are mapped at once.

The list holds names, not addresses, so that it also serves other builds of the same torch: those for another Python, or
from another index. A list that is wrong or missing costs milliseconds, because a function that it lacks is brought in
when it is touched.

Lists are made from traces. A trace is a file of the pages that a program has touched: run any program with the layer of
any build, on any machine of the architecture, with TORCH_PAGER_TRACE=FILE. `python -m layer hot FILE` then finds the
functions in these pages, in the wheel that the layer was made of, and adds their names to the architecture's list.
"""

import lzma
import zipfile
from collections.abc import Iterable
from pathlib import Path

from coldopen.files import write_file
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
    """The addresses of the pages that the named functions are in. The library must not be stripped yet."""
    pages: set[int] = set()
    for function in functions(library) if names else ():
        if function.name in names:
            pages.update(_pages_of(function))
    return pages


def add_trace(trace: Path, target: Target, cache: Path) -> int:
    """Add the functions of a trace, made with the target's layer, to its architecture's list; return its length.

    Raises LayerError if the file is no trace, or a trace of other libraries than the layer's.
    """
    touched = _read_trace(trace)
    names = set(read_list(target.arch))
    with zipfile.ZipFile(fetch(target, cache / "wheels")[0].path) as wheel:
        for library, pages in touched.items():
            if (member := f"torch/lib/{library}") not in wheel.namelist():
                raise LayerError(f"{trace} names {library}, which is not in torch's wheel")
            content = wheel.read(member)
            first_page = lowest_address(content)  # a trace counts from there
            names.update(functions_in(functions(content), {first_page + page for page in pages}))
    _FOLDER.mkdir(exist_ok=True)
    text = "".join(f"{name}\n" for name in sorted(names))
    write_file(_FOLDER / f"{target.arch}.txt.xz", lzma.compress(text.encode(), preset=9))
    return len(names)


def functions_in(named: Iterable[Function], touched: set[int]) -> set[str]:
    """Choose a function for each touched page (its address), so that the functions' pages are the touched ones.

    A trace does not say which of a page's functions ran, and one function's name is enough to make the page hot. But a
    function may extend over other pages, which its name would make hot too. So a function that lies in touched pages
    only is preferred. Of several, the one that fills most of the page is chosen.

    Returns the names of the chosen functions.
    """
    best: dict[int, tuple[bool, int, str]] = {}
    for function in named:
        pages = _pages_of(function)
        is_inside = all(page in touched for page in pages)
        for page in pages:
            if page in touched:
                candidate = (is_inside, _bytes_in(page, function), function.name)
                best[page] = max(best.get(page, (False, 0, "")), candidate)
    return {name for _, _, name in best.values()}


def _pages_of(function: Function) -> range:
    """The addresses of the pages that a function is in."""
    return range(function.address // PAGE * PAGE, function.address + function.size, PAGE)


def _bytes_in(page: int, function: Function) -> int:
    """How many bytes of a page belong to a function."""
    return min(function.address + function.size, page + PAGE) - max(function.address, page)


def _read_trace(trace: Path) -> dict[str, set[int]]:
    """The pages that a trace names, by library; they are counted from where the library was loaded."""
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
