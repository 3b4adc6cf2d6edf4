"""A state_dict with this network's names, whatever its own are: layers are told by shape, and by name where two fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from training.elsewhere.errors import ForeignModelError
from training.elsewhere.modules import Modules, Parameters, described, modules_of
from training.elsewhere.recurrent import FoundLSTM, find_lstm

_EMBEDDING_NAMES = ("embed", "emb", "encoder", "wte", "lookup", "word", "token", "input")
_OUTPUT_NAMES = ("fc", "decoder", "linear", "out", "head", "dense", "proj", "classif", "lm", "vocab", "logit", "final")
_LOSSES = ("criterion", "loss")
_STATES = ("h0", "c0", "h_0", "c_0", "hidden", "state", "cell")
_PARAMETRISED = ("weight_g", "weight_v", "weight_orig", "weight_mask", "weight_u", "original0", "original1")
_NAMES_SHOWN = 6


class Named(NamedTuple):
    """A state_dict with this network's names; `fc.weight` is left out where it is the embedding's."""

    tensors: dict[str, Tensor]
    notes: list[str]


class _Pair(NamedTuple):
    """A reading: which module is the embedding, and which the output layer. `output` may have a bias alone: tied."""

    embedding: str
    output: str


def with_our_names(tensors: Mapping[str, Tensor], file: str) -> Named:
    """Name a network's tensors as this network does.

    Raises:
        ForeignModelError: if it is another network, naming what it has; or if more than one reading is possible.
    """
    _refuse_other_numbers(tensors, file)
    modules = modules_of(tensors)
    _refuse_parametrised(modules, file)
    modules, dropped = _without_bystanders(modules)
    lstm = find_lstm(modules, file)
    others = {path: own for path, own in modules.items() if path != lstm.path}
    pair = _pair(others, lstm, file)
    if extra := [path for path in others if path not in pair]:
        raise ForeignModelError(
            f"{file} has layers that this network (embedding, LSTM, linear) has no place for: "
            f"{', '.join(described(path, others[path]) for path in extra[:_NAMES_SHOWN])}"
        )
    embedding, output = others[pair.embedding]["weight"], others[pair.output]
    _refuse_further_tensors(others, pair, file)
    named = {"embedding.weight": embedding, **{f"lstm.{name}": tensor for name, tensor in lstm.tensors.items()}}
    weight = output.get("weight", embedding)
    if weight is not embedding and not (weight.shape == embedding.shape and torch.equal(weight, embedding)):
        named["fc.weight"] = weight
    notes = [*dropped, *lstm.notes]
    if "bias" not in output:
        notes.append(f"{pair.output} has no bias: zeros take its place")
    named["fc.bias"] = output.get("bias", torch.zeros(len(weight)))
    return Named(named, notes + _renamed(pair, lstm.path))


def _pair(others: Modules, lstm: FoundLSTM, file: str) -> _Pair:
    """The one reading of which module is the embedding and which the output layer."""
    embeddings = [path for path, own in others.items() if "bias" not in own and _columns(own) == lstm.inputs]
    outputs = [path for path, own in others.items() if _columns(own) == lstm.outputs or set(own) == {"bias"}]
    pairs = [
        _Pair(embedding, output)
        for embedding in embeddings
        for output in outputs
        if embedding != output and _fit(others[embedding], others[output], lstm)
    ]
    if len(embeddings) == len(others) == 1 and lstm.inputs == lstm.outputs:
        return _Pair(embeddings[0], embeddings[0])  # tied, and no bias
    if len(pairs) > 1:
        pairs = _best_named(pairs)
    if len(pairs) == 1:
        return pairs[0]
    has = ", ".join(described(path, own) for path, own in list(others.items())[:_NAMES_SHOWN]) or "nothing else"
    if pairs:
        raise ForeignModelError(
            f"{file} can be read in more than one way: its embedding and its output layer may be "
            f"{' or '.join(f'{pair.embedding} and {pair.output}' for pair in pairs[:4])}; name them embedding and fc"
        )
    if not embeddings:
        needs = f"no embedding of {lstm.inputs:,} numbers a word, which its LSTM reads"
    else:
        needs = f"no output layer from the LSTM's {lstm.outputs:,} numbers to the words of {embeddings[0]}"
    raise ForeignModelError(f"{file} has {needs}; beside the LSTM it has {has}")


def _columns(own: Parameters) -> int | None:
    weight = own.get("weight")
    return weight.shape[1] if weight is not None and weight.dim() == 2 else None


def _fit(embedding: Parameters, output: Parameters, lstm: FoundLSTM) -> bool:
    """Whether both are of the same words; the embedding may have one row more, for the fill-in."""
    rows = len(embedding["weight"])
    if "weight" not in output:  # tied: the weight is kept once
        return lstm.inputs == lstm.outputs and output["bias"].shape == (rows,)
    return rows - len(output["weight"]) in (0, 1)


def _best_named(pairs: list[_Pair]) -> list[_Pair]:
    """The readings whose names say most clearly what the modules are."""

    def score(pair: _Pair) -> int:
        return _says(pair.embedding, _EMBEDDING_NAMES) + _says(pair.output, _OUTPUT_NAMES)

    best = max(map(score, pairs))
    return [pair for pair in pairs if score(pair) == best] if best else pairs


def _says(path: str, names: tuple[str, ...]) -> bool:
    last = path.rpartition(".")[2].lower()
    return any(name in last for name in names)


def _without_bystanders(modules: Modules) -> tuple[Modules, list[str]]:
    """The modules without those that take no part in writing: a loss's class weights, a first state of zeros."""
    kept: Modules = {}
    notes = []
    for path, own in modules.items():
        if any(path.rpartition(".")[2].lower().startswith(loss) for loss in _LOSSES):
            notes.append(f"{path} belongs to the loss: left out")
            continue
        zeros = [name for name, tensor in own.items() if _is_zero_state(name, tensor)]
        notes += [f"{name} is a first state of zeros: left out" for name in zeros]
        if remaining := {name: tensor for name, tensor in own.items() if name not in zeros}:
            kept[path] = remaining
    return kept, notes


def _is_zero_state(name: str, tensor: Tensor) -> bool:
    return any(name.lower().startswith(state) for state in _STATES) and not bool(tensor.any())


def _refuse_other_numbers(tensors: Mapping[str, Tensor], file: str) -> None:
    for name, tensor in tensors.items():
        if tensor.layout != torch.strided or tensor.is_quantized or tensor.is_meta or tensor.is_complex():
            raise ForeignModelError(f"{file}: {name} is sparse, quantised, complex or without values: save it dense")
        if tensor.dim() >= 2 and not tensor.is_floating_point():
            raise ForeignModelError(
                f"{file}: {name} is {str(tensor.dtype).removeprefix('torch.')}, so the model was quantised: save it "
                "from before that, in float32 or float16"
            )


def _refuse_parametrised(modules: Modules, file: str) -> None:
    for path, own in modules.items():
        if any(name.endswith(_PARAMETRISED) for name in own):
            raise ForeignModelError(
                f"{file}: {path} holds {', '.join(own)}, so its weight is normalised or pruned while it runs: make "
                "that permanent before saving (torch.nn.utils.remove_weight_norm, parametrize.remove_parametrizations, "
                "prune.remove)"
            )


def _refuse_further_tensors(others: Modules, pair: _Pair, file: str) -> None:
    for path in pair:
        if further := [name for name in others[path] if name not in ("weight", "bias")]:
            raise ForeignModelError(f"{file}: {path} has {', '.join(further)} beside weight and bias")


def _renamed(pair: _Pair, lstm: str) -> list[str]:
    usual = {pair.embedding: ("embedding", "embed"), lstm: ("lstm",), pair.output: ("fc",)}
    if all(path in names for path, names in usual.items()):
        return []
    return [
        f"read {pair.embedding or 'the embedding'} as the embedding, {lstm or 'the recurrent module'} as the LSTM, "
        f"{pair.output or 'the output bias'} as the output layer"
    ]
