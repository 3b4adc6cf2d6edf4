"""Brings torch's machine code in when it is first touched; imported by torch before any of its libraries is loaded.

`TORCH_PAGER_LOG=1` makes it say at exit how many blocks were touched and what that cost; `TORCH_PAGER_TRACE=FILE` makes
it write the addresses of all pages that were touched to a file, slowly, for the layer's hot list.
"""

import ctypes
import errno
import faulthandler
import hashlib
import json
import os
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).resolve().parent


def _load() -> ctypes.CDLL:
    try:
        return ctypes.CDLL(str(_FOLDER / "libtorch_pager.so"))
    except OSError as error:
        raise ImportError(f"the pager that torch's libraries need can't be loaded: {error}") from None


def _check(blocks: Path, expected: dict[str, Any]) -> None:
    """Refuse a blocks file that is not whole, or whose table was changed; each block carries its own checksum."""
    try:
        with blocks.open("rb") as file:
            table = file.read(expected["table"])
        size = blocks.stat().st_size
    except OSError as error:
        raise ImportError(f"torch's machine code is missing: {error}") from None
    if size != expected["size"]:
        raise ImportError(f"{blocks} is not whole: it has {size:,} bytes, not {expected['size']:,}")
    if hashlib.sha256(table).hexdigest() != expected["sha256"]:
        raise ImportError(f"{blocks} was changed: its sha256 is not the one that the layer was built with")


def _libraries() -> dict[str, dict[str, Any]]:
    """What the layer was built with: size in bytes of each blocks file, and size and sha256 of its table."""
    try:
        libraries: dict[str, dict[str, Any]] = json.loads((_FOLDER / "torch_pager.json").read_bytes())
    except (OSError, ValueError) as error:
        raise ImportError(f"the list of torch's paged libraries can't be read: {error}") from None
    return libraries


def _add(library: str, expected: dict[str, Any]) -> None:
    path = (_FOLDER / library).resolve()  # as the kernel will name it
    blocks = path.with_name(path.name + ".blocks")
    _check(blocks, expected)
    if code := _pager.pager_add(os.fsencode(path), os.fsencode(blocks)):
        raise ImportError(f"{blocks} can't be served: {os.strerror(code)}")


def _install() -> None:
    code = _pager.pager_install(bool(os.environ.get("TORCH_PAGER_LOG")))
    if code in (errno.EACCES, errno.EPERM):
        raise ImportError("torch needs to make memory executable, and this system forbids it")
    if code:
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
    _pager.pager_trace(os.fsencode(os.path.abspath(_trace)))  # noqa: PTH100
for _library, _expected in _libraries().items():
    _add(_library, _expected)
_install()
faulthandler.enable = _first_again(faulthandler.enable)
faulthandler.disable = _first_again(faulthandler.disable)
