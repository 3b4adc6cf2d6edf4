"""Loads what makes an import of torch quick; startup.c explains it.

torch imports this module before it loads any of its libraries, and calls `finish` when they are loaded.
"""

import _ctypes  # ctypes itself takes ten times as long to import
import os

# Global: the loader looks there first when it binds what torch's libraries call.
_path = os.path.join(os.path.dirname(__file__), "libtorch_startup.so")
_library = _ctypes.dlopen(_path, os.RTLD_NOW | os.RTLD_GLOBAL)


def finish() -> None:
    """From now on each function of torch's whose place was taken is torch's own again."""
    _ctypes.call_function(_ctypes.dlsym(_library, "torch_startup_finish"), ())


_ctypes.call_function(_ctypes.dlsym(_library, "torch_startup_begin"), ())
