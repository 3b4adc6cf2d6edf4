"""A bundle of weights that were trained elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from torch import Tensor

from coldopen.bundle.content import Bundle, bundle_of
from coldopen.bundle.write import bundle_files
from coldopen.errors import ColdOpenError
from coldopen.network import NetworkConfig
from coldopen.vocabulary import PUNCTUATION_TOKENS, Vocabulary


class PublishError(ColdOpenError):
    """Weights or a vocabulary that can't be used."""


def read_elsewhere(state_dict: Path, vocabulary: Path) -> tuple[dict[str, bytes], Bundle, list[str]]:
    tensors = {_our_name(name): tensor for name, tensor in _tensors(state_dict).items()}
    words = _words(vocabulary)
    try:
        config = NetworkConfig.of(tensors)
    except ValueError as error:
        raise PublishError(f"{state_dict} is not the state_dict of this network: {error}") from None
    if len(words) != config.vocabulary_size:
        raise PublishError(f"{vocabulary} holds {len(words):,} words, but {state_dict} has {config.vocabulary_size:,}")
    files = bundle_files(tensors, words, config, state_dict.stem, {"source": "a state_dict trained elsewhere"})
    return files, bundle_of(files, str(state_dict)), []


def _tensors(file: Path) -> dict[str, Tensor]:
    try:
        content = torch.load(file, map_location="cpu", weights_only=True)
    except OSError as error:
        raise PublishError(f"{file} can't be read: {error.strerror}") from None
    except Exception:  # torch.load raises whatever its parser meets
        raise PublishError(
            f"{file} holds no plain tensors, so it was not opened: save it with torch.save(model.state_dict(), path)"
        ) from None
    if not isinstance(content, dict) or not all(_is_entry(name, value) for name, value in content.items()):
        raise PublishError(f"{file} is not a state_dict: save it with torch.save(model.state_dict(), path)")
    return content


def _is_entry(name: object, value: object) -> bool:
    return isinstance(name, str) and isinstance(value, Tensor) and value.layout == torch.strided


def _our_name(name: str) -> str:
    name = name.removeprefix("module.")
    return f"embedding.{name.removeprefix('embed.')}" if name.startswith("embed.") else name


def _words(file: Path) -> Vocabulary:
    try:
        content = json.loads(file.read_bytes())
        if isinstance(content, dict):
            if sorted(content.values()) != list(range(len(content))):
                raise ValueError(f"its ids are not 0 to {len(content) - 1}, each once")
            content = sorted(content, key=content.__getitem__)
        if not isinstance(content, list):
            raise ValueError("it is neither a list of words nor a {word: id} map")
        return Vocabulary([word.lower() if str(word).lower() in PUNCTUATION_TOKENS else word for word in content])
    except OSError as error:
        raise PublishError(f"{file} can't be read: {error.strerror}") from None
    except (ValueError, TypeError, RecursionError) as error:
        raise PublishError(f"{file} is not a vocabulary: {error}") from None
