"""Where torch's files are. The rest of stock torch's module serves one company's builds."""

import os

USE_RTLD_GLOBAL_WITH_LIBTORCH = False
USE_GLOBAL_DEPS = True
torch_parent = os.path.dirname(os.path.dirname(__file__))  # noqa: PTH120 (pathlib costs more than it gives here)


def get_file_path(*parts: str) -> str:
    """Return the path of a file of torch's."""
    return os.path.join(torch_parent, *parts)  # noqa: PTH118


def justknobs_check(_name: str, default: bool = True) -> bool:
    """Return the default."""
    return default
