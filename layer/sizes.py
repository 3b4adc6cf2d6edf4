"""How many bytes a layer has, part by part, and how many Lambda allows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from layer.errors import LayerError
from layer.paging.blocks import num_hot_bytes

# "Deployment package (.zip file archive) size": 250 MB unzipped, for the function and all its layers together
# (docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html); 250 MB there means 250 MiB.
LIMIT = 262_144_000

_PARTS = (
    "libtorch_cpu.so",
    "libtorch_python.so",
    "machine code, compressed",
    "machine code, hot",
    "other libraries",
    "torch's Python part",
    "dependencies",
)
_TORCH_PACKAGES = ("torch", "torchgen", "functorch")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the layer and its size in bytes."""

    name: str
    size: int


def measure(folder: Path, functions: Sequence[Path] = ()) -> list[Part]:
    """Return the parts of the layer in `folder` (the one that holds python/), sizes in bytes.

    `functions` are folders that are deployed with it: Lambda counts them too.

    Raises LayerError if there is no layer in it, or no such folder.
    """
    if not (folder / "python/torch").is_dir():
        raise LayerError(f"{folder} holds no layer: there is no python/torch in it")
    totals = dict.fromkeys(_PARTS, 0)
    for path in folder.rglob("*"):
        if path.is_file():
            num_hot = num_hot_bytes(path) if path.suffix == ".blocks" else 0
            totals["machine code, hot"] += num_hot
            totals[_part(path.relative_to(folder))] += path.stat().st_size - num_hot
    parts = [Part(name, total) for name, total in totals.items()]
    for function in functions:
        if not function.is_dir():
            raise LayerError(f"{function} is no folder")
        parts.append(Part(function.name, size(function)))
    return parts


def size(folder: Path) -> int:
    """Return the bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _part(path: Path) -> str:
    if path.name in ("libtorch_cpu.so", "libtorch_python.so"):
        return path.name
    if path.suffix == ".blocks":
        return "machine code, compressed"
    if ".so" in path.suffixes:
        return "other libraries"
    package = path.parts[1].split("-")[0] if len(path.parts) > 1 else ""
    return "torch's Python part" if package in _TORCH_PACKAGES else "dependencies"


def check(parts: list[Part]) -> None:
    """Raise LayerError, naming the largest parts, if all together is over Lambda's limit."""
    total = sum(part.size for part in parts)
    if total > LIMIT:
        largest = sorted(parts, key=lambda part: -part.size)[:3]
        named = ", ".join(f"{part.name} {part.size:,}" for part in largest)
        raise LayerError(f"that is {total - LIMIT:,} bytes over Lambda's limit of {LIMIT:,}; largest: {named}")


def report_stages(stages: Mapping[str, int]) -> str:
    """Return the sizes after each stage of a build, as a table."""
    return "\n".join(f"{name:<40}{size:>13,}" for name, size in stages.items()) + "\n"


def report(parts: list[Part]) -> str:
    """Return the parts' sizes as a table, and how much of Lambda's limit is left."""
    total = sum(part.size for part in parts)
    rows = [f"{part.name:<24}{part.size:>13,}" for part in [*parts, Part("total", total)]]
    rows.append(f"left of Lambda's {LIMIT:,}: {LIMIT - total:,} (unzipped, a function and its layers together)")
    return "\n".join(rows)
