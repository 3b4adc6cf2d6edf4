"""What is known of torch's wheels: their version and digests, and which of their files CPU inference does not need.

A new torch is a change of this file, and of the `rules.py` in `python/`, `elf/` and `native/`.
"""

TORCH_VERSION = "2.13.0"
# `import torch`, a forward pass, torch.load and torch.save import these besides torch and the standard library.
# The rest of what torch requires (sympy, networkx, jinja2, fsspec, filelock) serves optimisers and torch.compile.
DEPENDENCIES = ("typing_extensions==4.16.0",)
# PyTorch's own index of CPU builds.
CPU_INDEX = "https://download.pytorch.org/whl/cpu"

# sha256 of the wheels that were at hand: those on the default index, and one CPU build. pip checks a wheel that is not
# listed against its index, and `unpack` checks it against its RECORD, member by member.
SHA256 = {
    "torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl": (
        "6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b"
    ),
    "torch-2.13.0-cp311-cp311-manylinux_2_28_aarch64.whl": (
        "092790c696a760c729fd5722835f50b9d81fd7c8f141571f3f3cf4081a8f664c"
    ),
    "torch-2.13.0-cp312-cp312-manylinux_2_28_x86_64.whl": (
        "796633c4cdf0fe2cdced72d8f88f22e73dbcfce83132763162f6d4bff13b820b"
    ),
    "torch-2.13.0-cp312-cp312-manylinux_2_28_aarch64.whl": (
        "572df8be8ffb4599c88cbd6a0726f1f854f4da65d2e3c09f0e2c2283333cd6d4"
    ),
    "torch-2.13.0-cp313-cp313-manylinux_2_28_x86_64.whl": (
        "a3a9a21312872af8a26950b2c15680335a386a1f56ed03e780653d78b9607e9e"
    ),
    "torch-2.13.0-cp313-cp313-manylinux_2_28_aarch64.whl": (
        "1e09d6a722504957c694faceca843acde562786df1144ebcc5a74075ec7f6005"
    ),
    "torch-2.13.0-cp314-cp314-manylinux_2_28_x86_64.whl": (
        "49f1ea385c754e54919408a9bb3b5a72b0b755bbe2c916c1d6f70afbec4908a2"
    ),
    "torch-2.13.0-cp314-cp314-manylinux_2_28_aarch64.whl": (
        "a3893dc2da0a972a8ca5d698c85a9f967559ac5f8ee1797b77408aa8734d073c"
    ),
    "typing_extensions-4.16.0-py3-none-any.whl": ("481caa481374e813c1b176ada14e97f1f67a4539ce9cfeb3f350d78d6370c2e8"),
}

# The Python binding for zstd, whose source package carries zstd's C source. The pager is compiled with it.
ZSTD_VERSION = "0.25.0"
ZSTD_SOURCE_SHA256 = "7713e1179d162cf5c7906da876ec2ccb9c3a9dcbdffef0cc7f70c3667a205f0b"

# Headers, C++ tests, programs, CMake files and code templates.
LEFT_OUT_FOLDERS = (
    "torch/include/",
    "torch/test/",
    "torch/bin/",
    "torch/share/",
    "torchgen/packaged/",
)
LEFT_OUT_SUFFIXES = {".a", ".cmake", ".cpp", ".cu", ".cuh", ".h", ".hpp", ".pyi", ".pyc"}

# torch's __init__ loads this library by its name: no other library needs it.
LOADED_BY_NAME = "libtorch_global_deps.so"
# torch does not start without this program, but runs it only to share tensors between processes. It is left empty.
EMPTIED_PROGRAM = "torch/bin/torch_shm_manager"
