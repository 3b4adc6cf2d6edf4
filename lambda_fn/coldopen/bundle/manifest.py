"""The manifest: what a bundle says of itself, and what its files are called."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from typing import Any

from coldopen.errors import BundleError, shown
from coldopen.memory import MemoryConfig
from coldopen.network import NetworkConfig

FORMAT_VERSION = 1
STATE_DICT = "state_dict.safetensors"
VOCABULARY = "vocab.json"
LEXICON = "lexicon.json"
COPIES = "copies.bin"
SERVING = "serving.safetensors"
MANIFEST = "manifest.json"
CONTENT = (STATE_DICT, VOCABULARY)
"""The files that every bundle has, beside its manifest."""
OPTIONAL = (LEXICON, COPIES, SERVING)
"""The files that a bundle may have; the manifest of one that has them names them."""

_MAX_FILE_BYTES = 10 * 2**30  # no function of Lambda's has more memory


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle says of itself."""

    name: str
    network: NetworkConfig
    files: dict[str, dict[str, Any]]
    """For each file but the manifest its `size` in bytes and `sha256` in hex."""
    training: dict[str, Any]
    """Where the weights come from: preset, corpus digest, torch version, metrics with their split."""
    memory: MemoryConfig | None = None
    """What each text remembers while it is written; None for nothing."""

    def to_bytes(self) -> bytes:
        """The manifest file."""
        content = {"format_version": FORMAT_VERSION, **asdict(self), "network": _without_defaults(self.network)}
        del content["memory"]
        if self.memory:
            content["memory"] = self.memory._asdict()
        return (json.dumps(content, indent=2, sort_keys=True) + "\n").encode()

    @classmethod
    def from_bytes(cls, data: bytes, where: str) -> Manifest:
        """Parse a manifest file; `where` the bundle lies is for messages.

        Raises:
            BundleError: if it is no manifest, or one of another format version.
        """
        try:
            content = json.loads(data, object_pairs_hook=without_duplicates)
            version = content.pop("format_version")
        except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
            raise BundleError(f"{where}/{MANIFEST} is not a manifest: {error!r}") from None
        if version != FORMAT_VERSION or isinstance(version, bool):
            raise BundleError(
                f"{where}/{MANIFEST} has format version {version!r}; this version of Cold Open reads {FORMAT_VERSION}. "
                "Publish the model again with this version"
            )
        try:
            memory = {"memory": MemoryConfig.of(content["memory"])} if "memory" in content else {}
            manifest = cls(**{**content, "network": NetworkConfig(**content["network"]), **memory})
            manifest._check_fields()
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise BundleError(f"{where}/{MANIFEST} is damaged: {error}") from None
        return manifest

    def _check_fields(self) -> None:
        if unknown := sorted(set(self.files) - {*CONTENT, *OPTIONAL}):
            raise ValueError(f"files.{unknown[0]} is no file of a bundle that this version of Cold Open knows")
        for name in (*CONTENT, *self.files):
            size, digest = self.files[name]["size"], self.files[name]["sha256"]
            is_size = isinstance(size, int) and not isinstance(size, bool) and 0 <= size <= _MAX_FILE_BYTES
            if not is_size or not isinstance(digest, str):
                raise ValueError(f"files.{name} lacks a size or a sha256")
        if not isinstance(self.name, str) or not isinstance(self.training, dict):
            raise ValueError("name or training has the wrong type")


def without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object's keys and values, for json.loads, which by itself would take the last of two that are the same.

    Raises:
        ValueError: naming the key that is there twice.
    """
    content = dict(pairs)
    if len(content) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {shown(next(key for key in keys if keys.count(key) > 1))} is there twice")
    return content


def version_of(manifest_bytes: bytes) -> str:
    """A bundle's version: the first 12 hex digits of its manifest's sha256."""
    return hashlib.sha256(manifest_bytes).hexdigest()[:12]


def _without_defaults(config: NetworkConfig) -> dict[str, Any]:
    """A network's config, with its optional parts only where it has them."""
    return {field.name: value for field in fields(config) if (value := getattr(config, field.name)) != field.default}
