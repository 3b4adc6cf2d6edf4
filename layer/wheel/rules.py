"""What is known of torch's wheels: their version and digests, and which of their files CPU inference does not need.

A new torch is a change of this file, and of the `rules.py` in `python/`, `elf/` and `native/`.
"""

TORCH_VERSION = "2.13.0"
# `import torch`, a forward pass, torch.load and torch.save import these besides torch and the standard library.
# The rest of what torch requires (sympy, networkx, jinja2, fsspec, filelock) serves optimisers and torch.compile.
DEPENDENCIES = ("typing_extensions==4.16.0",)
# PyTorch's own index of CPU builds.
CPU_INDEX = "https://download.pytorch.org/whl/cpu"

# sha256 of every wheel that a layer may be made of: for each Python and architecture the CPU build on PyTorch's index,
# and the build on the default index. No other wheel is taken.
SHA256 = {
    "torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl": (
        "6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b"
    ),
    "torch-2.13.0-cp311-cp311-manylinux_2_28_x86_64.whl": (
        "60fcdcb2f3876e21146cb4524ef06397d727ca9ad5f020818547e25075fe3cb7"
    ),
    "torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_aarch64.whl": (
        "84453b69508ec79902f899c5ed9495acb9e2bbe9fda5f1d5d6f19e3c3842e1a7"
    ),
    "torch-2.13.0-cp311-cp311-manylinux_2_28_aarch64.whl": (
        "092790c696a760c729fd5722835f50b9d81fd7c8f141571f3f3cf4081a8f664c"
    ),
    "torch-2.13.0+cpu-cp312-cp312-manylinux_2_28_x86_64.whl": (
        "4ca4a9394b0c771238a4f73590fdbbc4debad85ed0fa63d026ae1b085da7d6e2"
    ),
    "torch-2.13.0-cp312-cp312-manylinux_2_28_x86_64.whl": (
        "796633c4cdf0fe2cdced72d8f88f22e73dbcfce83132763162f6d4bff13b820b"
    ),
    "torch-2.13.0+cpu-cp312-cp312-manylinux_2_28_aarch64.whl": (
        "6f307c2c32d764ffc6ff6893b801fad6d4752f3e67966cb8abf1843427c02604"
    ),
    "torch-2.13.0-cp312-cp312-manylinux_2_28_aarch64.whl": (
        "572df8be8ffb4599c88cbd6a0726f1f854f4da65d2e3c09f0e2c2283333cd6d4"
    ),
    "torch-2.13.0+cpu-cp313-cp313-manylinux_2_28_x86_64.whl": (
        "3fbf9c9d1f3c10c2d59d04aca426dee9ccc6ceb32d255c61e93acc3b4f75fae6"
    ),
    "torch-2.13.0-cp313-cp313-manylinux_2_28_x86_64.whl": (
        "a3a9a21312872af8a26950b2c15680335a386a1f56ed03e780653d78b9607e9e"
    ),
    "torch-2.13.0+cpu-cp313-cp313-manylinux_2_28_aarch64.whl": (
        "0b8f7d0423027ae8b90c7977c627f3379f325363a08224dffad9b4b2d684a83d"
    ),
    "torch-2.13.0-cp313-cp313-manylinux_2_28_aarch64.whl": (
        "1e09d6a722504957c694faceca843acde562786df1144ebcc5a74075ec7f6005"
    ),
    "torch-2.13.0+cpu-cp314-cp314-manylinux_2_28_x86_64.whl": (
        "d20fa53ee744502fa4c69818a720b05ca0d37abd055d4f6e66cae155114bc691"
    ),
    "torch-2.13.0-cp314-cp314-manylinux_2_28_x86_64.whl": (
        "49f1ea385c754e54919408a9bb3b5a72b0b755bbe2c916c1d6f70afbec4908a2"
    ),
    "torch-2.13.0+cpu-cp314-cp314-manylinux_2_28_aarch64.whl": (
        "ca021f9eb2f8345c83fa03e3a04587308afb8df71bd472670b3ece00df58621c"
    ),
    "torch-2.13.0-cp314-cp314-manylinux_2_28_aarch64.whl": (
        "a3893dc2da0a972a8ca5d698c85a9f967559ac5f8ee1797b77408aa8734d073c"
    ),
    "typing_extensions-4.16.0-py3-none-any.whl": ("481caa481374e813c1b176ada14e97f1f67a4539ce9cfeb3f350d78d6370c2e8"),
}

# The Python binding for zstd, whose source package carries zstd's C source, and the version of that. The pager is
# compiled with it.
ZSTD_VERSION = "0.25.0"
ZSTD_LIBRARY_VERSION = "1.5.7"
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
