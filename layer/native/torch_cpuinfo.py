"""Tells torch which processors there are where the system does not (AWS Lambda's arm64); cpuinfo.c explains how."""

import ctypes
import os

_FOLDER = os.path.dirname(os.path.realpath(__file__))

if not os.path.exists("/sys/devices/system/cpu/possible"):
    _c10 = os.path.join(_FOLDER, "torch", "lib", "libc10.so")
    _library = ctypes.CDLL(_c10)
    ctypes.CDLL(os.path.join(_FOLDER, "libtorch_cpuinfo.so")).answer_in(os.fsencode(_c10))
