"""Brings torch's machine code in when it is first touched; imported by torch before any of its libraries is loaded.

`TORCH_PAGER_LOG=1` makes it say at exit how many blocks were touched and what that cost; `TORCH_PAGER_TRACE=FILE` makes
it write the addresses of all pages that were touched to a file, slowly, for the layer's hot list.
"""

# os.path and no json: what this imports, each cold start pays for
import ctypes
import faulthandler
import os
from typing import Any

try:
    from _sha2 import sha256  # type: ignore[import-not-found]  # of Python 3.12 and newer, without OpenSSL
except ImportError:
    from hashlib import sha256

_EBADMSG = 74  # on Linux; errno is one module more
_FOLDER = os.path.dirname(os.path.realpath(__file__))


def _load() -> ctypes.CDLL:
    try:
        return ctypes.CDLL(os.path.join(_FOLDER, "libtorch_pager.so"))
    except OSError as error:
        raise ImportError(f"the pager that torch's libraries need can't be loaded: {error}") from None


def _check(blocks: str, size: int, table_size: int, digest: str) -> None:
    """Refuse a blocks file that is not whole, or whose table was changed; it holds what the rest is checked by."""
    try:
        with open(blocks, "rb") as file:
            table = file.read(table_size)
            found = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise ImportError(f"torch's machine code is missing: {error}") from None
    if found != size:
        raise ImportError(f"{blocks} is not whole: it has {found:,} bytes, not {size:,}")
    if sha256(table).hexdigest() != digest:
        raise _changed(blocks)


def _changed(blocks: str) -> ImportError:
    return ImportError(f"{blocks} was changed: its digest is not the one that the layer was built with")


def _add_libraries() -> None:
    """Check and serve what the layer was built with, a line each.

    Size in bytes of the blocks file, size and sha256 of its table, and the library's path.
    """
    try:
        with open(os.path.join(_FOLDER, "torch_pager.txt"), encoding="utf-8") as file:
            lines = [line.split(" ", 3) for line in file.read().splitlines()]
        libraries = [(path, int(size), int(table), digest) for size, table, digest, path in lines]
    except (OSError, ValueError) as error:
        raise ImportError(f"the list of torch's paged libraries can't be read: {error}") from None
    for path, size, table, digest in libraries:
        library = os.path.realpath(os.path.join(_FOLDER, path))  # as the kernel will name it
        _check(f"{library}.blocks", size, table, digest)
        code = _pager.pager_add(os.fsencode(library), os.fsencode(f"{library}.blocks"))
        if code == _EBADMSG:
            raise _changed(f"{library}.blocks")
        if code:
            raise ImportError(f"{library}.blocks can't be served: {os.strerror(code)}")


def _install() -> None:
    code = _pager.pager_install(bool(os.environ.get("TORCH_PAGER_LOG")))
    if code:
        import errno

        if code in (errno.EACCES, errno.EPERM):
            raise ImportError("torch needs to make memory executable, and this system forbids it")
        raise ImportError(f"torch's pager can't be installed: {os.strerror(code)}")


def _first_again(function: Any) -> Any:
    """Wrap a function of faulthandler, so that the pager's handler is the first one again after it.

    `enable` would take a touch for a crash, and `disable` puts back the handler that stood before the pager's.
    """

    def with_the_pager_first(*arguments: Any, **options: Any) -> Any:
        result = function(*arguments, **options)
        _install()
        return result

    return with_the_pager_first


_pager = _load()
if _trace := os.environ.get("TORCH_PAGER_TRACE"):
    _pager.pager_trace(os.fsencode(os.path.abspath(_trace)))
_add_libraries()
_install()
faulthandler.enable = _first_again(faulthandler.enable)
faulthandler.disable = _first_again(faulthandler.disable)
