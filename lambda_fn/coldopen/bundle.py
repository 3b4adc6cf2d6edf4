"""The bundle: what training hands to serving. Three files in a directory or under an S3 prefix.

`state_dict.safetensors` (weights), `vocab.json` (words in id order), and `manifest.json`, which is written
last and holds the size and sha256 of the others. A bundle is immutable; the first 12 hex digits of its
manifest's sha256 are its version. Nothing in a bundle is executed, and nothing of it is used unchecked.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from safetensors.torch import save as save_safetensors
from torch import Tensor

from coldopen.errors import BundleError, ModelUnavailableError
from coldopen.network import NetworkConfig
from coldopen.vocabulary import Vocabulary

FORMAT_VERSION = 1
STATE_DICT = "state_dict.safetensors"
VOCABULARY = "vocab.json"
MANIFEST = "manifest.json"
CONTENT = (STATE_DICT, VOCABULARY)

_MAX_MANIFEST_BYTES = 1_000_000
_MAX_FILE_BYTES = 10 * 2**30  # no function of Lambda's has more memory
_HERE, _EXCHANGE = -100, 2  # AT_FDCWD and RENAME_EXCHANGE, of fcntl.h and linux/fs.h
_DTYPES = (torch.float32, torch.float16)
_FOREIGN = {b"\x80": "a pickle", b"PK": "a .pt archive (which holds pickles)"}

Read = Callable[[str, int], bytes]
"""Reads the named file of a bundle, up to so many bytes and one more."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle says of itself."""

    name: str
    network: NetworkConfig
    files: dict[str, dict[str, Any]]
    """For each content file its `size` in bytes and `sha256` in hex."""
    training: dict[str, Any]
    """Where the weights come from: preset, corpus digest, torch version, metrics with their split."""

    def to_bytes(self) -> bytes:
        """The manifest file."""
        content = {"format_version": FORMAT_VERSION, **asdict(self), "network": _without_defaults(self.network)}
        return (json.dumps(content, indent=2, sort_keys=True) + "\n").encode()

    @classmethod
    def from_bytes(cls, data: bytes, where: str) -> Manifest:
        """Parse a manifest file.

        Raises:
            BundleError: if it is no manifest, or one of another format version.
        """
        try:
            content = json.loads(data)
            version = content.pop("format_version")
        except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
            raise BundleError(f"{where}/{MANIFEST} is not a manifest: {error!r}") from None
        if version != FORMAT_VERSION:
            raise BundleError(
                f"{where}/{MANIFEST} has format version {version!r}; this version of Cold Open reads {FORMAT_VERSION}. "
                "Publish the model again with this version"
            )
        try:
            manifest = cls(**{**content, "network": NetworkConfig(**content["network"])})
            manifest._check_fields()
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise BundleError(f"{where}/{MANIFEST} is damaged: {error}") from None
        return manifest

    def _check_fields(self) -> None:
        for name in CONTENT:
            size, digest = self.files[name]["size"], self.files[name]["sha256"]
            is_size = isinstance(size, int) and not isinstance(size, bool) and 0 <= size <= _MAX_FILE_BYTES
            if not is_size or not isinstance(digest, str):
                raise ValueError(f"files.{name} lacks a size or a sha256")
        if not isinstance(self.name, str) or not isinstance(self.training, dict):
            raise ValueError("name or training has the wrong type")


@dataclass(frozen=True, slots=True)
class Bundle:
    """A checked bundle in memory."""

    version: str
    manifest: Manifest
    vocabulary: Vocabulary
    state_dict: dict[str, Tensor]


def _without_defaults(config: NetworkConfig) -> dict[str, Any]:
    """A network's config, with its optional parts only where it has them."""
    return {field.name: value for field in fields(config) if (value := getattr(config, field.name)) != field.default}


def read_bundle(uri: str) -> Bundle:
    """Read and check the bundle at a directory or at `s3://bucket/prefix/version/`.

    Raises:
        BundleError: naming the file and the fault, if anything is missing, altered or unusable.
        ModelUnavailableError: if the place can't be read (no such directory, bucket or permission; S3 not reached).
    """
    return bundle_of(read_files(uri), uri.rstrip("/"))


def read_files(uri: str) -> dict[str, bytes]:
    """The three files of a bundle, manifest last, each of the size and digest that the manifest says.

    Raises as `read_bundle` does.
    """
    where = uri.rstrip("/")
    read = _s3_reader(uri) if uri.startswith("s3://") else _directory_reader(Path(where))
    manifest_bytes = read(MANIFEST, _MAX_MANIFEST_BYTES)
    manifest = Manifest.from_bytes(manifest_bytes, where)
    content = {name: _checked(read, name, manifest.files[name], where) for name in CONTENT}
    return {**content, MANIFEST: manifest_bytes}


def bundle_of(files: Mapping[str, bytes], where: str) -> Bundle:
    """The bundle that files from `read_files` make; `where` they come from is for messages.

    Raises:
        BundleError: naming the file and the fault, if what they hold can't be used.
    """
    manifest = Manifest.from_bytes(files[MANIFEST], where)
    return Bundle(
        version=version_of(files[MANIFEST]),
        manifest=manifest,
        vocabulary=_vocabulary(files[VOCABULARY], manifest.network, where),
        state_dict=_state_dict(files[STATE_DICT], manifest.network, where),
    )


def bundle_files(
    state_dict: Mapping[str, Tensor],
    vocabulary: Vocabulary,
    config: NetworkConfig,
    name: str,
    training: dict[str, Any],
) -> dict[str, bytes]:
    """The three files of a bundle, manifest last, weights as float16.

    Raises:
        BundleError: if weights, config and vocabulary don't belong together or a weight is not finite.
    """
    tensors = {key: tensor.detach().to("cpu", torch.float16).contiguous() for key, tensor in state_dict.items()}
    content = {
        STATE_DICT: save_safetensors(tensors),
        VOCABULARY: json.dumps(vocabulary.words, ensure_ascii=False, indent=0).encode(),
    }
    _state_dict(content[STATE_DICT], config, name)
    _vocabulary(content[VOCABULARY], config, name)
    files = {key: {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()} for key, data in content.items()}
    return {**content, MANIFEST: Manifest(name, config, files, training).to_bytes()}


def write_bundle(directory: Path, files: Mapping[str, bytes]) -> str:
    """Write a bundle's files as a directory, whole or not at all; returns the version.

    A bundle that stands there already is replaced, in one step where the system can.
    """
    aside, old = (directory.with_name(f".{directory.name}.{suffix}") for suffix in ("part", "old"))
    for leftover in (aside, old):
        shutil.rmtree(leftover, ignore_errors=True)
    aside.mkdir(parents=True)
    for name, data in files.items():
        with (aside / name).open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
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
    return renameat2 is not None and not renameat2(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE)


def version_of(manifest_bytes: bytes) -> str:
    """A bundle's version: the first 12 hex digits of its manifest's sha256."""
    return hashlib.sha256(manifest_bytes).hexdigest()[:12]


def _directory_reader(directory: Path) -> Read:
    if not directory.is_dir():
        raise ModelUnavailableError(f"there is no bundle at {directory}: no such directory")

    def read(name: str, limit: int) -> bytes:
        try:
            with (directory / name).open("rb") as file:
                return file.read(limit + 1)
        except FileNotFoundError:
            raise BundleError(f"{directory} is not a whole bundle: {name} is missing") from None
        except OSError as error:
            raise ModelUnavailableError(f"{directory / name} can't be read: {error.strerror}") from None

    return read


def _split_s3_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of `s3://bucket/key`; the key may be empty.

    Raises:
        BundleError: if the URI names no bucket.
    """
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not bucket:
        raise BundleError(f"{uri!r} names no bucket; it should read s3://bucket/prefix/version/")
    return bucket, key.strip("/")


def _s3_reader(uri: str) -> Read:
    import boto3  # a third of a second that a bundle in the package need not pay
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    bucket, key = _split_s3_uri(uri)
    where = uri.rstrip("/")
    config = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 2})
    try:
        client = boto3.client("s3", config=config)
    except (BotoCoreError, ValueError) as error:  # an unknown AWS_PROFILE, an AWS_ENDPOINT_URL that is no URL
        raise ModelUnavailableError(f"{where} can't be read from S3: {error}") from None

    def read(name: str, limit: int) -> bytes:
        try:
            body = client.get_object(Bucket=bucket, Key=f"{key}/{name}" if key else name)["Body"]
            data: bytes = body.read(limit + 1)
            return data
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "?")
            raise _s3_fault(code, where, name) from None
        except (BotoCoreError, OSError) as error:
            raise ModelUnavailableError(f"{where}/{name} can't be read from S3: {error}") from None

    return read


def _s3_fault(code: str, where: str, name: str) -> BundleError | ModelUnavailableError:
    if code == "NoSuchKey":
        return BundleError(f"{where} is not a whole bundle: {name} is missing")
    reasons = {
        "NoSuchBucket": "there is no such bucket",
        "AccessDenied": "the function's role may not read it (or it does not exist)",
        "403": "the function's role may not read it",
    }
    return ModelUnavailableError(f"{where}/{name} can't be read from S3: {reasons.get(code, code)}")


def _checked(read: Read, name: str, expected: Mapping[str, Any], where: str) -> bytes:
    data = read(name, expected["size"])
    if len(data) != expected["size"]:
        found = "more" if len(data) > expected["size"] else f"only {len(data):,}"
        raise BundleError(
            f"{where}/{name} is not whole: the manifest says {expected['size']:,} bytes, there are {found}"
        )
    if hashlib.sha256(data).hexdigest() != expected["sha256"]:
        raise BundleError(f"{where}/{name} was changed after it was published: its sha256 is not the manifest's")
    return data


def _vocabulary(data: bytes, config: NetworkConfig, where: str) -> Vocabulary:
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


def _state_dict(data: bytes, config: NetworkConfig, where: str) -> dict[str, Tensor]:
    try:
        tensors = load_safetensors(data)
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
