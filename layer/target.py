"""What a layer is built for: an architecture and a Lambda Python runtime."""

import platform
import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from layer.errors import LayerError


class Arch(StrEnum):
    """An architecture, as Lambda spells it."""

    X86_64 = "x86_64"
    ARM64 = "arm64"

    @property
    def machine(self) -> str:
        """The same architecture as wheels, compilers and ELF tools spell it."""
        return "aarch64" if self is Arch.ARM64 else "x86_64"

    @classmethod
    def here(cls) -> Self | None:
        """This machine's architecture; None if it is neither."""
        return next((arch for arch in cls if platform.machine() in (arch, arch.machine)), None)


@dataclass(frozen=True, slots=True)
class Runtime:
    """A Lambda runtime and the newest symbol versions that its C and C++ libraries define."""

    python: str
    system: str
    symbol_versions: dict[str, tuple[int, ...]]

    @property
    def tag(self) -> str:
        """The wheel tag of the interpreter, such as cp313."""
        return "cp" + self.python.replace(".", "")


# Amazon Linux 2 has glibc 2.26 and the libstdc++ of GCC 7, Amazon Linux 2023 glibc 2.34 and that of GCC 11 (which
# symbol versions a libstdc++ defines: gcc.gnu.org, "ABI Policy and Guidelines").
_AMAZON_LINUX_2 = {"GLIBC": (2, 26), "GLIBCXX": (3, 4, 24), "CXXABI": (1, 3, 11)}
_AMAZON_LINUX_2023 = {"GLIBC": (2, 34), "GLIBCXX": (3, 4, 29), "CXXABI": (1, 3, 13)}

RUNTIMES = {
    "3.11": Runtime("3.11", "Amazon Linux 2", _AMAZON_LINUX_2),
    "3.12": Runtime("3.12", "Amazon Linux 2023", _AMAZON_LINUX_2023),
    "3.13": Runtime("3.13", "Amazon Linux 2023", _AMAZON_LINUX_2023),
    "3.14": Runtime("3.14", "Amazon Linux 2023", _AMAZON_LINUX_2023),
}


class PythonPart(StrEnum):
    """What the layer has of torch's Python: the least for inference, or all that a program for it may import."""

    INFERENCE = "inference"
    LIBRARY = "library"


@dataclass(frozen=True, slots=True)
class Target:
    """One architecture, one runtime and a Python part.

    `here` if the layer is to run on this machine instead of on Lambda.
    """

    arch: Arch
    runtime: Runtime
    here: bool = False
    part: PythonPart = PythonPart.INFERENCE

    @classmethod
    def of_this_machine(cls, part: PythonPart = PythonPart.INFERENCE) -> Self:
        """This machine's architecture, and the Python that runs.

        Raises LayerError if there is no layer for this machine or Python.
        """
        arch, python = Arch.here(), f"{sys.version_info[0]}.{sys.version_info[1]}"
        if sys.platform != "linux" or arch is None or python not in RUNTIMES:
            raise LayerError(f"there is no layer for Python {python} on {sys.platform}, {platform.machine()}")
        return cls(arch, RUNTIMES[python], here=True, part=part)

    def __str__(self) -> str:
        return f"python{self.runtime.python} on {'this machine' if self.here else self.arch}"
