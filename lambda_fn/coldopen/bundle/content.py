"""What a bundle's files hold: weights and words, checked against the manifest's network, and what is optional."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

from coldopen.bundle.manifest import (
    COPIES,
    LEXICON,
    MANIFEST,
    SERVING,
    STATE_DICT,
    VOCABULARY,
    Manifest,
    version_of,
    without_duplicates,
)
from coldopen.copies import Copies
from coldopen.errors import BundleError
from coldopen.lexicon import Lexicon
from coldopen.network import NetworkConfig
from coldopen.serving_weights import ServingWeights, from_tensors
from coldopen.vocabulary import Vocabulary

T = TypeVar("T")

_DTYPES = (torch.float32, torch.float16)
_FOREIGN = {b"\x80": "a pickle", b"PK": "a .pt archive (which holds pickles)"}


class Late(Generic[T]):
    """What a bundle holds and only some requests need: read when it is first asked for.

    Args:
        read: reads it by a deadline.
    """

    def __init__(self, read: Callable[[float], T]) -> None:
        self._read = read
        self._found: tuple[T] | None = None

    def __call__(self, deadline: float = math.inf) -> T:
        """The same each time.

        Args:
            deadline: as `read_bundle` has it.

        Raises:
            BundleError, ModelUnavailableError: as `read_bundle` does; then it is read anew the next time.
        """
        if self._found is None:
            self._found = (self._read(deadline),)
        return self._found[0]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A checked bundle in memory.

    Attributes:
        state_dict: gives the weights as they were trained.
        serving: gives the weights as they serve; of a bundle without such a file, made of the others.
        lexicon: what the corpus taught about its words; of a bundle without such a file, the vocabulary's alone.
        copies: gives the filter of the runs of words that stand in the corpus; None if the bundle has none.
    """

    version: str
    manifest: Manifest
    vocabulary: Vocabulary
    state_dict: Late[dict[str, Tensor]]
    serving: Late[ServingWeights]
    lexicon: Lexicon
    copies: Late[Copies | None]


def late_names(manifest: Manifest) -> set[str]:
    """The files of a bundle that are not needed to write; of one without serving weights, those that made them are."""
    return {COPIES, STATE_DICT} if SERVING in manifest.files else {COPIES}


def bundle_of(files: Mapping[str, bytes], where: str, read: Callable[[str, float], bytes] | None = None) -> Bundle:
    """The bundle that its files make; `where` they come from is for messages.

    Args:
        files: all that its manifest names, and the manifest; but for the late ones, if `read` reads those (by name, by
            a deadline).

    Raises:
        BundleError: naming the file and the fault, if what they hold can't be used.
    """
    manifest = Manifest.from_bytes(files[MANIFEST], where)
    config = manifest.network
    vocabulary = parse_vocabulary(files[VOCABULARY], config, where)
    read = read or (lambda name, _: files[name])
    if STATE_DICT in files:
        tensors = parse_state_dict(files[STATE_DICT], config, where)
        state_dict = Late(lambda _: tensors)
    else:
        state_dict = Late(lambda by: parse_state_dict(read(STATE_DICT, by), config, where))
    if SERVING in files:
        weights = parse_serving(files[SERVING], config, where)
        serving = Late(lambda _: weights)
    else:
        serving = Late(lambda by: _serving_weights(config, state_dict(by)))
    return Bundle(
        version=version_of(files[MANIFEST]),
        manifest=manifest,
        vocabulary=vocabulary,
        state_dict=state_dict,
        serving=serving,
        lexicon=parse_lexicon(files[LEXICON], vocabulary, where) if LEXICON in manifest.files else Lexicon(vocabulary),
        copies=Late(lambda by: parse_copies(read(COPIES, by), where) if COPIES in manifest.files else None),
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
        refuse_duplicates(data)
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


def refuse_duplicates(data: bytes) -> None:
    """Refuse safetensors whose header, JSON behind its length in 8 bytes, names a tensor twice.

    Raises:
        ValueError: naming it.
    """
    size = int.from_bytes(data[:8], "little")
    json.loads(data[8 : 8 + size], object_pairs_hook=without_duplicates)


def parse_serving(data: bytes, config: NetworkConfig, where: str) -> ServingWeights:
    """The serving weights that a file holds.

    Raises:
        BundleError: if it is not safetensors, or a tensor can't be used or is not the network's.
    """
    try:
        tensors = load(data)
        refuse_duplicates(data)
        return from_tensors(tensors, config)
    except (SafetensorError, ValueError, KeyError) as error:
        raise BundleError(f"{where}/{SERVING} can't be used: {error}. Write the bundle anew, or leave it out") from None


def _serving_weights(config: NetworkConfig, state_dict: Mapping[str, Tensor]) -> ServingWeights:
    from coldopen.quantise import serving_weights  # which most bundles have had done when they were written

    return serving_weights(config, state_dict)


def parse_lexicon(data: bytes, vocabulary: Vocabulary, where: str) -> Lexicon:
    """The lexicon that a file holds.

    Raises:
        BundleError: if it holds none.
    """
    try:
        return Lexicon.from_bytes(data, vocabulary)
    except (ValueError, TypeError, RecursionError) as error:
        raise BundleError(f"{where}/{LEXICON} is not a lexicon: {error}") from None


def parse_copies(data: bytes, where: str) -> Copies:
    """The filter that a file holds.

    Raises:
        BundleError: if it holds none.
    """
    try:
        return Copies.from_bytes(data)
    except ValueError as error:
        raise BundleError(f"{where}/{COPIES} is not a filter of copied runs: {error}") from None
