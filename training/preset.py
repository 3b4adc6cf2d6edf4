"""A preset: every number of a training, read from a TOML file and checked."""

from __future__ import annotations

import tomllib
from dataclasses import MISSING, asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from coldopen.errors import ColdOpenError
from coldopen.network import NetworkConfig

_FEWEST_STEPS = 40  # of an epoch
_SHORTEST_WINDOW = 10  # words; the original's
_SMALL_WORDS = 30_000
_MOST_WORDS = 1_000_000
_MAX_SHOWN = 40  # characters of a value that a message repeats
_FOLDER = Path(__file__).resolve().parent / "presets"


class PresetError(ColdOpenError):
    """A preset that can't be found, read or trained with."""


@dataclass(frozen=True, slots=True)
class NetworkPreset:
    """Sizes of the network, as `NetworkConfig` explains them; the vocabulary's comes from the corpus."""

    embedding_dim: int
    hidden_size: int
    num_layers: int
    dropout: float
    proj_size: int = 0
    tied: bool = False

    def config(self, vocabulary_size: int) -> NetworkConfig:
        """The network of these sizes.

        Raises:
            ValueError: naming the first number that makes none.
        """
        return NetworkConfig(vocabulary_size, **asdict(self))


@dataclass(frozen=True, slots=True)
class TrainingPreset:
    """How the network is trained; without a recipe, by Adam over shuffled windows, each from a zero state.

    Attributes:
        sequence_length: words of a window, and of back-propagation through time.
        batch_size: windows in a batch; with a recipe, rows of text read side by side.
        learning_rate: Adam's, or AdamW's at its peak.
        min_count: words that occur less often become one unknown word, which is never generated; 1 keeps all.
        fold: whether curly quotation marks, long dashes and their like become those of a keyboard first.
        contractions: whether those that part of a folded text wrote without apostrophe get it (`dont`).
    """

    sequence_length: int
    batch_size: int
    learning_rate: float
    epochs: int
    seed: int
    min_count: int = 1
    fold: bool = True
    contractions: bool = True


@dataclass(frozen=True, slots=True)
class RecipePreset:
    """Training by AdamW over rows of running text that carry their state, regularised (network.dropout is locked too).

    Attributes:
        embedding_spread: standard deviation of the embeddings at the start, as the LSTM reads them.
        embedding_dropout: share of the embeddings' units dropped.
        word_dropout: share of the vocabulary whose embeddings are dropped.
        layer_dropout: share of units dropped between the LSTM's layers.
        recurrent_dropout: share of the recurrent weights dropped.
        weight_decay: AdamW's, on matrices.
        warm_up: share of the training in which the learning rate rises; from there a cosine takes it to zero.
        clip: the gradients' largest norm.
        average: decay of the exponential moving average of the weights, which is what is kept; it never spans more
            than a tenth of the training.
        samples: words drawn for the sampled softmax; 0 for the full softmax all the time. A vocabulary less than four
            times as large is always scored in full.
        full_from: share of the training after which the full softmax takes over.
        patience: epochs without a better perplexity on validation after which the training ends.
        auxiliary_until: share of the epochs in which auxiliary scripts are read too, where there are some.
    """

    embedding_spread: float
    embedding_dropout: float
    word_dropout: float
    layer_dropout: float
    recurrent_dropout: float
    weight_decay: float
    warm_up: float
    clip: float
    average: float
    samples: int
    full_from: float
    patience: int
    auxiliary_until: float = 0.75


@dataclass(frozen=True, slots=True)
class Preset:
    """A named set of numbers."""

    name: str
    network: NetworkPreset
    training: TrainingPreset
    recipe: RecipePreset | None = None

    def to_dict(self) -> dict[str, Any]:
        """The preset as plain values, for a manifest or a checkpoint."""
        return {key: value for key, value in asdict(self).items() if value is not None}

    def fitted(self, words: int) -> Preset:
        """The preset for a training part of so many words; without a recipe, itself.

        A small corpus gets shorter windows first, then fewer rows, so that an epoch has steps enough to learn from: the
        fewer words a step has, the more of its time goes into going from word to word. A large one gets fewer epochs:
        as many words are read in all as of a million.
        """
        if not self.recipe:
            return self
        numbers, words_per_step = self.training, words // _FEWEST_STEPS
        shortest = min(_SHORTEST_WINDOW, numbers.sequence_length)
        length = max(shortest, min(numbers.sequence_length, words_per_step // numbers.batch_size))
        rows = max(1, min(numbers.batch_size, words_per_step // length))
        epochs = max(1, round(numbers.epochs * min(1, _MOST_WORDS / words)))
        return replace(self, training=replace(numbers, sequence_length=length, batch_size=rows, epochs=epochs))

    def is_small(self, words: int) -> bool:
        """Whether the steps over a training part of so many words are too short to share among threads."""
        return self.recipe is not None and words < _SMALL_WORDS


_Section = TypeVar("_Section", NetworkPreset, TrainingPreset, RecipePreset)


def presets() -> list[str]:
    """The names of those that ship."""
    return sorted(file.stem for file in _FOLDER.glob("*.toml"))


def read_preset(name: str) -> Preset:
    """Read a preset by the name of one that ships, or by the path of a .toml file.

    Raises:
        PresetError: naming the key and the value at fault.
    """
    path = Path(name) if name.endswith(".toml") else _FOLDER / f"{name}.toml"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PresetError(
            f"there is no preset {name!r}; choose one of: {', '.join(presets())}, or give the path of a .toml file"
        ) from None
    except OSError as error:
        raise PresetError(f"preset {path} can't be read: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PresetError(f"preset {path} can't be read: {error}") from None
    except ValueError:  # Python's own limit
        raise PresetError(f"preset {path} can't be read: it holds a number of thousands of digits") from None
    except RecursionError:
        raise PresetError(
            f"preset {path} can't be read: it is nested too deeply; a preset has sections of numbers"
        ) from None
    for section in content:
        if section not in ("network", "training", "recipe"):
            raise PresetError(
                f"preset {path}: unknown section [{section}]; expected [network], [training] and, if wanted, [recipe]"
            )
    network = _section(NetworkPreset, "network", content, path)
    try:
        network.config(vocabulary_size=1)
    except ValueError as error:
        raise PresetError(f"preset {path}: {error}") from None
    return Preset(
        name=path.stem,
        network=network,
        training=_section(TrainingPreset, "training", content, path),
        recipe=_section(RecipePreset, "recipe", content, path) if "recipe" in content else None,
    )


def _section(kind: type[_Section], section: str, content: dict[str, Any], path: Path) -> _Section:
    values = content.get(section)
    if not isinstance(values, dict):
        raise PresetError(f"preset {path}: section [{section}] is missing")
    expected = {field.name: field.type for field in fields(kind)}
    for key in values:
        if key not in expected:
            raise PresetError(f"preset {path}: unknown key {section}.{key}; expected {', '.join(expected)}")
    for field in fields(kind):
        if field.name not in values and field.default is MISSING:
            raise PresetError(f"preset {path}: key {section}.{field.name} is missing")
    for key, type_name in expected.items():
        if key not in values:
            continue
        if fault := _fault(key, values[key], str(type_name)):
            raise PresetError(f"preset {path}: {section}.{key} is {_shown(values[key])}; {fault}")
    return kind(**values)


def _fault(key: str, value: Any, type_name: str) -> str | None:
    if type_name == "bool":
        return None if isinstance(value, bool) else "true or false is needed"
    wanted = int if type_name == "int" else (int, float)
    if isinstance(value, bool) or not isinstance(value, wanted):
        return "a whole number is needed" if type_name == "int" else "a number is needed"
    if key.endswith("dropout") or key in ("average", "warm_up"):
        return None if 0 <= value < 1 else "it must be at least 0 and below 1"
    if key in ("full_from", "auxiliary_until"):
        return None if 0 <= value <= 1 else "it must be from 0 to 1"
    if key == "seed":
        return None if 0 <= value < 2**32 else "it must be between 0 and 2**32 - 1"
    most, name = (2**31, "2**31") if type_name == "int" else (1e308, "1e308")
    if key in ("weight_decay", "samples", "proj_size"):
        return None if 0 <= value < most else f"it must be at least 0 and below {name}"
    return None if 0 < value < most else f"it must be above 0 and below {name}"


def _shown(value: Any) -> str:
    """A value for a message, never long; Python refuses to write numbers of thousands of digits."""
    if isinstance(value, int) and abs(value) >= 10**_MAX_SHOWN:
        return f"a number of more than {_MAX_SHOWN} digits"
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        text = "..."
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 3]}..."
