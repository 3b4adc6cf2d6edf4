"""A bundle to S3: content first, manifest last, so that a bundle is there whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import torch
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError
from torch import Tensor

from coldopen.bundle.content import bundle_of
from coldopen.bundle.manifest import MANIFEST, version_of
from coldopen.bundle.read import read_files
from coldopen.bundle.write import bundle_files
from coldopen.errors import ColdOpenError
from coldopen.network import NetworkConfig
from coldopen.vocabulary import PUNCTUATION_TOKENS, Vocabulary

_REASONS = {
    "NoSuchBucket": "there is no such bucket; make it first (aws s3 mb), or name another with --bucket",
    "AccessDenied": "these credentials may not read and write there (s3:GetObject, s3:PutObject, s3:ListBucket)",
    "InvalidAccessKeyId": "AWS doesn't know the access key; check AWS_ACCESS_KEY_ID or the profile",
    "SignatureDoesNotMatch": "the secret key doesn't belong to the access key",
    "ExpiredToken": "the credentials have expired; sign in again",
    "InvalidBucketName": "that is not a name a bucket can have",
}
_ABSENT = ("404", "NoSuchKey", "NotFound")


class PublishError(ColdOpenError):
    """A model that can't be published, or not there."""


def publish(files: Mapping[str, bytes], bucket: str, prefix: str) -> tuple[str, bool]:
    """Upload a bundle's files under `prefix/version/`, unless it is there already.

    Credentials, region and AWS_ENDPOINT_URL are found as boto3 finds them.

    Returns:
        The bundle's s3:// URI, and whether anything was uploaded.

    Raises:
        PublishError: in one sentence, whatever S3 or the credentials object to.
    """
    key = "/".join(part for part in (prefix.strip("/"), version_of(files[MANIFEST])) if part)
    uri = f"s3://{bucket}/{key}/"
    try:
        s3 = boto3.client("s3", config=Config(retries={"total_max_attempts": 3}, connect_timeout=5))
        if _is_there(s3, bucket, f"{key}/{MANIFEST}"):
            return uri, False
        for name in sorted(files, key=MANIFEST.__eq__):  # the manifest last
            s3.put_object(Bucket=bucket, Key=f"{key}/{name}", Body=files[name], ChecksumAlgorithm="SHA256")
    except (NoCredentialsError, PartialCredentialsError):
        raise PublishError(
            "no AWS credentials were found: run `aws configure`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        ) from None
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "?")
        reason = _REASONS.get("AccessDenied" if code == "403" else code, str(error))
        raise PublishError(f"can't publish to s3://{bucket}: {reason}") from None
    except (BotoCoreError, ValueError) as error:
        raise PublishError(f"can't publish to s3://{bucket}: {error}") from None
    return uri, True


def files_of_bundle(directory: Path) -> dict[str, bytes]:
    """The files of a bundle on disk, checked as serving would check them.

    Raises:
        BundleError, ModelUnavailableError: as `read_bundle` does.
    """
    files = read_files(str(directory))
    bundle_of(files, str(directory)).copies()
    return files


def files_of_state_dict(state_dict: Path, vocabulary: Path) -> dict[str, bytes]:
    """A bundle of weights trained elsewhere.

    Args:
        state_dict: a .pt file of the original's torch module (`embed.` and DataParallel's `module.` are understood).
        vocabulary: JSON, the words in id order or the original's `{word: id}` map.

    Raises:
        PublishError: naming the file and the fault.
        BundleError: if the weights are not finite.
    """
    tensors = {_our_name(name): tensor for name, tensor in _tensors(state_dict).items()}
    words = _words(vocabulary)
    try:
        config = NetworkConfig.of(tensors)
    except ValueError as error:
        raise PublishError(f"{state_dict} is not the state_dict of this network: {error}") from None
    if len(words) != config.vocabulary_size:
        raise PublishError(f"{vocabulary} holds {len(words):,} words, but {state_dict} has {config.vocabulary_size:,}")
    return bundle_files(tensors, words, config, state_dict.stem, {"source": "a state_dict trained elsewhere"})


def _is_there(s3: Any, bucket: str, key: str) -> bool:
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") not in _ABSENT:
            raise
        return False
    return True


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
