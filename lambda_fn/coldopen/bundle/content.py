"""What a bundle's files hold: weights and words, checked against the manifest's network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

from coldopen.bundle.manifest import MANIFEST, STATE_DICT, VOCABULARY, Manifest, version_of
from coldopen.errors import BundleError
from coldopen.network import NetworkConfig
from coldopen.vocabulary import Vocabulary

_DTYPES = (torch.float32, torch.float16)
_FOREIGN = {b"\x80": "a pickle", b"PK": "a .pt archive (which holds pickles)"}


@dataclass(frozen=True, slots=True)
class Bundle:
    """A checked bundle in memory."""

    version: str
    manifest: Manifest
    vocabulary: Vocabulary
    state_dict: dict[str, Tensor]


def bundle_of(files: Mapping[str, bytes], where: str) -> Bundle:
    """The bundle that its files make; `where` they come from is for messages.

    Raises:
        BundleError: naming the file and the fault, if what they hold can't be used.
    """
    manifest = Manifest.from_bytes(files[MANIFEST], where)
    return Bundle(
        version=version_of(files[MANIFEST]),
        manifest=manifest,
        vocabulary=parse_vocabulary(files[VOCABULARY], manifest.network, where),
        state_dict=parse_state_dict(files[STATE_DICT], manifest.network, where),
    )


def parse_vocabulary(data: bytes, config: NetworkConfig, where: str) -> Vocabulary:
    """The vocabulary that a file holds.

    Raises:
        BundleError: if it holds none, or one of another size than the network's.
    """
    try:
        words = json.loads(data)
        if not isinstance(words, list):
            raise ValueError("it is not a list of words")
        vocabulary = Vocabulary(words)
    except (ValueError, TypeError, RecursionError) as error:
        raise BundleError(f"{where}/{VOCABULARY} is not a vocabulary: {error}") from None
    if len(vocabulary) != config.vocabulary_size:
        raise BundleError(
            f"{where}/{VOCABULARY} holds {len(vocabulary):,} words, but the network has {config.vocabulary_size:,}"
        )
    return vocabulary


def parse_state_dict(data: bytes, config: NetworkConfig, where: str) -> dict[str, Tensor]:
    """The weights that a file holds: float32 or float16, all finite.

    Raises:
        BundleError: if it is not safetensors, or a tensor can't be used or is not the network's.
    """
    try:
        tensors = load(data)
        config.check(tensors)
    except SafetensorError as error:
        what = next((what for magic, what in _FOREIGN.items() if data.startswith(magic)), f"damaged ({error})")
        raise BundleError(f"{where}/{STATE_DICT} is not safetensors: it is {what}; it was not opened") from None
    except (ValueError, KeyError) as error:
        raise BundleError(f"{where}/{STATE_DICT} can't be used: {error}") from None
    for name, tensor in tensors.items():
        if tensor.dtype not in _DTYPES:
            raise BundleError(f"{where}/{STATE_DICT}: {name} is {tensor.dtype}; float32 and float16 are accepted")
        if not all(torch.isfinite(torch.stack(torch.aminmax(tensor)))):  # thirty times as fast as asking each value
            raise BundleError(f"{where}/{STATE_DICT}: {name} holds values that are infinite or not numbers")
    return tensors
