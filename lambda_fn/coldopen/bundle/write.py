"""Making a bundle, and writing it to a directory."""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor

from coldopen.bundle.content import parse_state_dict, parse_vocabulary
from coldopen.bundle.manifest import MANIFEST, SERVING, STATE_DICT, VOCABULARY, Manifest, version_of
from coldopen.files import write_file
from coldopen.memory import MemoryConfig
from coldopen.network import NetworkConfig
from coldopen.quantise import serving_weights
from coldopen.serving_weights import to_tensors
from coldopen.vocabulary import Vocabulary

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # of fcntl.h and linux/fs.h


def bundle_files(
    state_dict: Mapping[str, Tensor],
    vocabulary: Vocabulary,
    config: NetworkConfig,
    name: str,
    training: dict[str, Any],
    optional: Mapping[str, bytes] | None = None,
    memory: MemoryConfig | None = None,
) -> dict[str, bytes]:
    """The files of a bundle, manifest last, weights as float16; a tensor with values beyond it stays float32.

    Args:
        optional: the optional files that it shall have, by name.
        memory: what each text shall remember.

    Raises:
        BundleError: if weights, config and vocabulary don't belong together or a weight is not finite.
    """
    tensors = {key: _stored(tensor) for key, tensor in state_dict.items()}
    content = {
        STATE_DICT: save(tensors),
        VOCABULARY: json.dumps(vocabulary.words, ensure_ascii=False, indent=0).encode(),
    }
    parse_vocabulary(content[VOCABULARY], config, name)
    content[SERVING] = serving_file(config, parse_state_dict(content[STATE_DICT], config, name))
    return with_manifest({**content, **(optional or {})}, config, name, training, memory)


def serving_file(config: NetworkConfig, state_dict: Mapping[str, Tensor]) -> bytes:
    """The file of the weights as they serve, made of the stored ones."""
    return save(to_tensors(serving_weights(config, state_dict), config.tied))


def _stored(tensor: Tensor) -> Tensor:
    full = tensor.detach().to("cpu", torch.float32)
    half = full.to(torch.float16)
    return (full if half.isinf().any() else half).contiguous()


def with_manifest(
    content: Mapping[str, bytes],
    config: NetworkConfig,
    name: str,
    training: dict[str, Any],
    memory: MemoryConfig | None = None,
) -> dict[str, bytes]:
    """A bundle's other files, and behind them the manifest that describes them."""
    files = {key: {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()} for key, data in content.items()}
    return {**content, MANIFEST: Manifest(name, config, files, training, memory).to_bytes()}


def write_bundle(directory: Path, files: Mapping[str, bytes]) -> str:
    """Write a bundle's files as a directory, whole or not at all; returns the version.

    A bundle that stands there already is replaced, in one step where the system can.
    """
    aside, old = (directory.with_name(f".{directory.name}.{suffix}") for suffix in ("part", "old"))
    for leftover in (aside, old):
        shutil.rmtree(leftover, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        for name, data in files.items():
            write_file(aside / name, data)
    except OSError:
        shutil.rmtree(aside, ignore_errors=True)  # on a full disk, half a bundle takes room that others need
        raise
    if directory.exists() and not _exchange(aside, directory):
        directory.rename(old)
    if not directory.exists():
        aside.rename(directory)
    for earlier in (aside, old):
        shutil.rmtree(earlier, ignore_errors=True)
    return version_of(files[MANIFEST])


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders change places in one step (Linux, rename(2)); whether the system could."""
    renameat2 = getattr(ctypes.CDLL(None), "renameat2", None)
    if renameat2 is None:
        return False
    return not renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE)
