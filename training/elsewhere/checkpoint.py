"""What a checkpoint holds: a file of torch, safetensors or numpy, and the tensors in it by name.

A file of torch.save is a pickle. It is read by torch's own reader of weights, which makes tensors, numbers, text, lists
and dicts, and nothing else. Whatever else a checkpoint names, such as a Lightning module's settings, becomes an object
that can do nothing.
"""

from __future__ import annotations

import pickle
import warnings
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from coldopen.bundle.content import refuse_duplicates
from training.elsewhere.errors import ForeignModelError
from training.elsewhere.file_kinds import how_to_save, is_safetensors, is_text, names_in_zip, read_head

_USUAL_KEYS = ("state_dict", "model_state_dict", "model", "net", "network", "module", "weights", "params")
_MAX_ITEMS = 16  # of a list that is searched
_LEGACY_TORCH = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19"  # torch.save's magic number before 1.6


class Inert:
    """Stands for an object of a class that a checkpoint names: keeps what it was made of, and does nothing."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Inert:
        """Any arguments."""
        made = super().__new__(cls)
        made.state = {}
        return made

    state: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    def __setstate__(self, state: Any) -> None:
        """What the object would have been filled with."""
        self.state = state


def read_tensors(file: Path) -> tuple[dict[str, Tensor], list[str]]:
    """The state_dict in a file, and notes on where it was found.

    Raises:
        ForeignModelError: naming the file, what it is, and what to do.
    """
    head = read_head(file)
    if head.startswith(b"PK"):
        content = _read_npz(file) if _is_npz(names_in_zip(file)) else read_torch(file)
    elif is_safetensors(file, head):
        content = _read_safetensors(file)
    elif head.startswith(b"\x80"):
        if not head.startswith(_LEGACY_TORCH):
            raise ForeignModelError(
                f"{file} is a pickle that torch.save did not write. A pickle can run a program, so it was not opened: "
                f"{how_to_save()}"
            )
        content = read_torch(file)
    else:
        what = "a text file" if is_text(head) else "no file of PyTorch's or safetensors"
        raise ForeignModelError(f"{file} is {what}: {how_to_save()}")
    path, tensors = _state_dict(file, content)
    return tensors, [f"the weights were found under {path!r}"] if path else []


def read_torch(file: Path) -> Any:
    """What a file of torch.save holds; objects of unknown classes become `Inert`.

    Raises:
        ForeignModelError: if it is cut short, or holds what torch's reader of weights refuses.
    """
    try:
        with warnings.catch_warnings(action="ignore"), torch.serialization.safe_globals(_stand_ins(file)):
            return torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise ForeignModelError(
            f"{file} holds more than tensors, and what it holds could run a program, so it was not opened: "
            f"{how_to_save()}"
        ) from None
    except Exception:  # torch.load raises whatever its parser meets
        raise ForeignModelError(
            f"{file} can't be read, as it was cut short or damaged, or holds unusual objects beside its tensors: copy "
            f"or download it again, or {how_to_save()}"
        ) from None


def _stand_ins(file: Path) -> list[Any]:
    """For each class or function that a file names and torch does not allow, what takes its place."""
    try:
        names = torch.serialization.get_unsafe_globals_in_checkpoint(file)
    except ValueError:  # the format before 1.6 can't be looked into
        return []
    return [(_stand_in(name), name) for name in names]


def _stand_in(name: str) -> Any:
    if name == "collections.defaultdict":
        return _empty_dict
    return OrderedDict if name.endswith("Dict") else Inert  # as Lightning's AttributeDict, which is filled item by item


def _empty_dict(*_: Any) -> OrderedDict[Any, Any]:
    return OrderedDict()


def _is_npz(names: list[str]) -> bool:
    return bool(names) and all(name.endswith(".npy") for name in names)


def _read_npz(file: Path) -> dict[str, Any]:
    try:
        with np.load(file, allow_pickle=False) as arrays:
            return {name: torch.from_numpy(arrays[name]) for name in arrays.files}
    except Exception:  # objects, which would be pickles, and dtypes that torch has not
        raise ForeignModelError(f"{file} holds arrays that are not plain numbers, or is damaged") from None


def _read_safetensors(file: Path) -> dict[str, Any]:
    try:
        refuse_duplicates(file.read_bytes())
        return dict(load_file(file))
    except (SafetensorError, ValueError) as error:
        raise ForeignModelError(
            f"{file} is safetensors, cut short or damaged ({error}): copy or download it again"
        ) from None


def _state_dict(file: Path, content: Any) -> tuple[str, dict[str, Tensor]]:
    """The one state_dict in what a file holds, and under which key it lies."""
    found = dict(_state_dicts(content, ""))
    if "" in found:
        return "", found[""]
    usual = next((path for key in _USUAL_KEYS for path in found if path.split(".")[-1] == key), None)
    if usual is None and len(found) == 1:
        usual = next(iter(found))
    if usual is not None:
        return usual, found[usual]
    if found and all("." not in name for part in found.values() for name in part):  # each layer's own state_dict
        return "", {f"{path}.{name}": tensor for path, part in found.items() for name, tensor in part.items()}
    if found:
        raise ForeignModelError(f"{file} holds several models ({', '.join(found)}): save the one that is meant")
    if isinstance(content, Mapping) and {"state", "param_groups"} <= set(content):
        raise ForeignModelError(f"{file} is the state of an optimiser, not the model's: {how_to_save()}")
    keys = f"; its keys are {', '.join(map(str, list(content)[:8]))}" if isinstance(content, Mapping) else ""
    if isinstance(content, Mapping) and any(isinstance(value, Inert | np.ndarray) for value in content.values()):
        raise ForeignModelError(
            f"{file} holds no tensors but other objects, as numpy's arrays{keys}: torch.save({{name: "
            "torch.as_tensor(value) for name, value in it.items()}, 'state_dict.pt') makes a state_dict of them"
        )
    raise ForeignModelError(f"{file} is not a state_dict{keys}: {how_to_save()}")


def _state_dicts(content: Any, path: str, depth: int = 2) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """Each state_dict in what a file holds, down to a depth; the states of optimisers are none."""
    if isinstance(content, Inert):
        content = dict(_of_module(content, ""))
    if isinstance(content, list | tuple):
        content = {str(index): item for index, item in enumerate(content[:_MAX_ITEMS])}
    if not isinstance(content, Mapping):
        return
    if any(str(key).endswith("_packed_params") for key in content):
        raise ForeignModelError(f"{path or 'the state_dict'} is of a quantised model: save it from before that")
    tensors = {key: value for key, value in content.items() if isinstance(key, str) and isinstance(value, Tensor)}
    if any(tensor.dim() >= 2 for tensor in tensors.values()):
        yield path, tensors
    elif depth:
        for key, value in content.items():
            if isinstance(key, str) and "optim" not in key.lower():
                yield from _state_dicts(value, f"{path}.{key}" if path else key, depth - 1)


def _of_module(module: Inert, prefix: str) -> Iterator[tuple[str, Tensor]]:
    """The parameters and buffers of a whole module that was pickled, by name."""
    state = module.state if isinstance(module.state, Mapping) else {}
    for part in ("_parameters", "_buffers"):
        values = state.get(part)
        for name, value in values.items() if isinstance(values, Mapping) else ():
            if isinstance(value, Tensor):
                yield f"{prefix}{name}", value
    modules = state.get("_modules")
    for name, value in modules.items() if isinstance(modules, Mapping) else ():
        if isinstance(value, Inert):
            yield from _of_module(value, f"{prefix}{name}.")
