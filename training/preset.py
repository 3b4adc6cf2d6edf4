"""A preset: every number of a training, read from a TOML file and checked."""

from __future__ import annotations

import math
import tomllib
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from coldopen.errors import ColdOpenError

_FOLDER = Path(__file__).resolve().parent / "presets"


class PresetError(ColdOpenError):
    """A preset that can't be found, read or trained with."""


@dataclass(frozen=True, slots=True)
class NetworkPreset:
    """Sizes of the network; the vocabulary's comes from the corpus."""

    embedding_dim: int
    hidden_size: int
    num_layers: int
    dropout: float


@dataclass(frozen=True, slots=True)
class TrainingPreset:
    """How the network is trained: Adam over shuffled windows."""

    sequence_length: int
    batch_size: int
    learning_rate: float
    epochs: int
    seed: int


@dataclass(frozen=True, slots=True)
class Preset:
    """A named set of numbers."""

    name: str
    network: NetworkPreset
    training: TrainingPreset

    def to_dict(self) -> dict[str, Any]:
        """The preset as plain values, for a manifest or a checkpoint."""
        return asdict(self)


_Section = TypeVar("_Section", NetworkPreset, TrainingPreset)


def read_preset(name: str) -> Preset:
    """Read a preset by the name of one that ships, or by the path of a .toml file.

    Raises:
        PresetError: naming the key and the value at fault.
    """
    path = Path(name) if name.endswith(".toml") else _FOLDER / f"{name}.toml"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(sorted(preset.stem for preset in _FOLDER.glob("*.toml")))
        raise PresetError(
            f"there is no preset {name!r}; choose one of: {known}, or give the path of a .toml file"
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PresetError(f"preset {path} can't be read: {error}") from None
    for section in content:
        if section not in ("network", "training"):
            raise PresetError(f"preset {path}: unknown section [{section}]; expected [network] and [training]")
    return Preset(
        name=path.stem,
        network=_section(NetworkPreset, "network", content, path),
        training=_section(TrainingPreset, "training", content, path),
    )


def _section(kind: type[_Section], section: str, content: dict[str, Any], path: Path) -> _Section:
    values = content.get(section)
    if not isinstance(values, dict):
        raise PresetError(f"preset {path}: section [{section}] is missing")
    expected = {field.name: field.type for field in fields(kind)}
    for key in values:
        if key not in expected:
            raise PresetError(f"preset {path}: unknown key {section}.{key}; expected {', '.join(expected)}")
    for key, type_name in expected.items():
        if key not in values:
            raise PresetError(f"preset {path}: key {section}.{key} is missing")
        if fault := _fault(key, values[key], str(type_name)):
            raise PresetError(f"preset {path}: {section}.{key} is {values[key]!r}; {fault}")
    return kind(**values)


def _fault(key: str, value: Any, type_name: str) -> str | None:
    wanted = int if type_name == "int" else (int, float)
    if isinstance(value, bool) or not isinstance(value, wanted):
        return "a whole number is needed" if type_name == "int" else "a number is needed"
    if key == "dropout":
        return None if 0 <= value < 1 else "it must be at least 0 and below 1"
    if key == "seed":
        return None if 0 <= value < 2**32 else "it must be between 0 and 2**32 - 1"
    return None if value > 0 and math.isfinite(value) else "it must be above 0"
