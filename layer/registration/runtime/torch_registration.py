"""Loads the functions that take the place of torch's while torch's libraries are loaded; registration.c explains them.

torch imports this module before it loads any of its libraries, and calls `finish` when they are loaded.
"""

import ctypes
import os

# Global: the loader looks there first when it binds what torch's libraries call.
_library = ctypes.CDLL(os.path.join(os.path.dirname(__file__), "libtorch_registration.so"), ctypes.RTLD_GLOBAL)


def finish() -> None:
    """From now on each function does what torch's own does."""
    _library.torch_registration_finish()
