"""Prints what a library reads from a file, with a third argument after its `open` was answered for.

FOLDER holds libreader.so and, for the third argument, libtorch_cpuinfo.so.
"""

import ctypes
import sys

folder, path, *hook = sys.argv[1:]
reader = ctypes.CDLL(folder + "/libreader.so")
if hook:
    cpuinfo = ctypes.CDLL(folder + "/libtorch_cpuinfo.so")
    assert cpuinfo.answer_in((folder + "/libreader.so").encode()) == 1
    assert cpuinfo.answer_in(b"/no/such/library.so") == 0
text = ctypes.create_string_buffer(100)
print(reader.read_file(path.encode(), text, 100), text.value.decode(), end="")
