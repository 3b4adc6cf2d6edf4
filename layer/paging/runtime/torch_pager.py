"""Installs the pager, which brings torch's machine code in when it is first touched.

torch imports this module before it loads any of its libraries. With TORCH_PAGER_LOG=1 the pager prints at exit how many
blocks were brought in and what that cost. With TORCH_PAGER_TRACE=FILE it writes the addresses of all pages that were
touched to a file, for the layer's hot list; that is slow.
"""

# Every cold start imports these modules too, so they are few: os.path and not pathlib, no json, and of ctypes and of
# hashlib only what is written in C.
import _ctypes
import os

try:
    from _sha2 import sha256  # type: ignore[import-not-found]  # Python 3.12 and newer
except ImportError:
    from _sha256 import sha256  # type: ignore[import-not-found]

_EBADMSG = 74  # on Linux: this saves importing errno
_PAGE = 4096  # bytes
_FOLDER = os.path.dirname(os.path.realpath(__file__))


def _check_page_size() -> None:
    """Refuse a system that can't map the hot pages, which lie in the blocks files side by side."""
    found = os.sysconf("SC_PAGE_SIZE")
    if found != _PAGE:
        raise ImportError(
            f"torch in this layer needs a system with memory pages of {_PAGE:,} bytes, and this one's have {found:,}: "
            "take another kernel, or torch's own wheel"
        )


def _load() -> int:
    try:
        return _ctypes.dlopen(os.path.join(_FOLDER, "libtorch_pager.so"), os.RTLD_NOW)
    except OSError as error:
        raise ImportError(f"the pager that torch's libraries need can't be loaded: {error}") from None


def _call(function: str, *arguments: bytes | int) -> int:
    """Call a function of the pager's that returns an int."""
    return int(_ctypes.call_function(_ctypes.dlsym(_pager, function), arguments))


def _check(blocks: str, size: int, table_size: int, digest: str) -> None:
    """Refuse a blocks file that is not whole, or whose table was changed: the rest is checked by the table."""
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
    """Check the libraries of torch_pager.txt, and let the pager serve them.

    Each line there has the size in bytes of a blocks file, the size and sha256 of its table, and its library's path.
    """
    try:
        with open(os.path.join(_FOLDER, "torch_pager.txt"), encoding="utf-8") as file:
            lines = [line.split(" ", 3) for line in file.read().splitlines()]
        libraries = [(path, int(size), int(table), digest) for size, table, digest, path in lines]
    except (OSError, ValueError) as error:
        raise ImportError(f"the list of torch's paged libraries can't be read: {error}") from None
    for path, size, table, digest in libraries:
        library = os.path.realpath(os.path.join(_FOLDER, path))  # as /proc/self/maps will name it
        _check(f"{library}.blocks", size, table, digest)
        code = _call("pager_add", os.fsencode(library), os.fsencode(f"{library}.blocks"))
        if code == _EBADMSG:
            raise _changed(f"{library}.blocks")
        if code:
            raise ImportError(f"{library}.blocks can't be served: {os.strerror(code)}")


def _install() -> None:
    code = _call("pager_install", int(bool(os.environ.get("TORCH_PAGER_LOG"))))
    if code:
        import errno

        if code in (errno.EACCES, errno.EPERM):
            raise ImportError("torch needs to make memory executable, and this system forbids it")
        raise ImportError(f"torch's pager can't be installed: {os.strerror(code)}")


def come_first() -> None:
    """Hear of faults before a handler that code which was loaded after the pager has installed, as torch's own does.

    Raises OSError if the system refuses.
    """
    if code := _call("pager_come_first"):
        raise OSError(code, os.strerror(code))


_check_page_size()
_pager = _load()
if _trace := os.environ.get("TORCH_PAGER_TRACE"):
    _call("pager_trace", os.fsencode(os.path.abspath(_trace)))
_add_libraries()
_install()
