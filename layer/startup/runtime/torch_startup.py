"""Loads what makes an import of torch quick; startup.c explains it.

torch imports this module before it loads any of its libraries, and calls `finish` when they are loaded.
"""

import ctypes
import os

# Global: the loader looks there first when it binds what torch's libraries call.
_library = ctypes.CDLL(os.path.join(os.path.dirname(__file__), "libtorch_startup.so"), ctypes.RTLD_GLOBAL)
_library.torch_startup_begin()


def finish() -> None:
    """From now on each function of torch's whose place was taken is torch's own again."""
    _library.torch_startup_finish()
