"""The LSTM among a network's modules, by torch's names of its tensors; other recurrent layers are named."""

from __future__ import annotations

import re
from typing import NamedTuple

import torch

from training.elsewhere.errors import ForeignModelError
from training.elsewhere.modules import Modules, Parameters, described, is_recurrent

_OTHERS = {1.0: "a plain RNN", 3.0: "a GRU"}
_CELL = re.compile(r"(weight|bias)_(ih|hh)")


class FoundLSTM(NamedTuple):
    """The LSTM of a network.

    Attributes:
        path: of its module.
        tensors: named as torch.nn.LSTM names them.
        inputs: how many numbers it reads for a word.
        outputs: how many it puts out.
        notes: what was added.
    """

    path: str
    tensors: Parameters
    inputs: int
    outputs: int
    notes: list[str]


def find_lstm(modules: Modules, file: str) -> FoundLSTM:
    """The one LSTM; an LSTMCell is one of one layer, and biases that were left out are zeros.

    Raises:
        ForeignModelError: if there is none, or more than one, or it is of another kind; it is named.
    """
    recurrent = [path for path, own in modules.items() if is_recurrent(own)]
    if not recurrent:
        what = ", ".join(described(path, own) for path, own in list(modules.items())[:4])
        raise ForeignModelError(f"{file} holds no LSTM, and this network is one; it has {what}")
    if len(recurrent) > 1:
        raise ForeignModelError(
            f"{file} holds {len(recurrent)} recurrent modules ({', '.join(recurrent)}), and this network has one LSTM "
            "of one or more layers (nn.LSTM with num_layers)"
        )
    path = recurrent[0]
    own = {f"{name}_l0" if _CELL.fullmatch(name) else name: tensor for name, tensor in modules[path].items()}
    _refuse_other_kinds(own, path or "the recurrent module", file)
    hidden_to_hidden = own["weight_hh_l0"]
    notes = _add_biases(own, path)
    return FoundLSTM(path, own, own["weight_ih_l0"].shape[1], hidden_to_hidden.shape[1], notes)


def _refuse_other_kinds(own: Parameters, path: str, file: str) -> None:
    if any(name.endswith("_raw") for name in own):
        raise ForeignModelError(
            f"{file}: {path} is an LSTM under weight dropout, as AWD-LSTM's: save it with weight_hh_l0 in place of "
            "weight_hh_l0_raw"
        )
    if any(name.endswith("_reverse") for name in own):
        raise ForeignModelError(
            f"{file}: {path} is bidirectional, so it has read what comes behind a word, which nobody knows while "
            "writing; this network needs an LSTM of one direction"
        )
    if any(name not in own or own[name].dim() != 2 for name in ("weight_ih_l0", "weight_hh_l0")):
        raise ForeignModelError(
            f"{file}: {path} lacks weight_ih_l0 or weight_hh_l0, or they are no matrices; it has {', '.join(own)}"
        )
    rows, outputs = own["weight_hh_l0"].shape
    hidden = own["weight_hr_l0"].shape[-1] if "weight_hr_l0" in own else outputs
    gates = rows / max(hidden, 1)
    if gates != 4:
        raise ForeignModelError(
            f"{file}: {path} is {_OTHERS.get(gates, 'no LSTM')}, and this network is an LSTM: its weight_hh_l0 of "
            f"{rows:,} by {outputs:,} has {gates:g} times {hidden:,} rows, and an LSTM's has 4 times"
        )


def _add_biases(own: Parameters, path: str) -> list[str]:
    """Zeros where an LSTM was made with bias=False, which is the same."""
    layers = [name.removeprefix("weight_ih") for name in own if name.startswith("weight_ih")]
    missing = [f"{bias}{layer}" for layer in layers for bias in ("bias_ih", "bias_hh") if f"{bias}{layer}" not in own]
    for name in missing:
        own[name] = torch.zeros(len(own["weight_ih" + name[len("bias_ih") :]]))
    return [f"{path} has no {', '.join(missing)}: zeros take their place"] if missing else []
