"""S3 as releases need it: a few calls, and one sentence for whatever S3 or the credentials object to."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

from coldopen.errors import BundleError
from training.release.place import Place, ReleaseError

_REASONS = {
    "NoSuchBucket": "there is no such bucket; make it first (aws s3 mb), or name another with --bucket",
    "AccessDenied": "these credentials may not read and write there (s3:GetObject, s3:PutObject, s3:ListBucket)",
    "InvalidAccessKeyId": "AWS doesn't know the access key; check AWS_ACCESS_KEY_ID or the profile",
    "SignatureDoesNotMatch": "the secret key doesn't belong to the access key",
    "ExpiredToken": "the credentials have expired; sign in again",
    "InvalidBucketName": "that is not a name a bucket can have",
}
_ABSENT = ("404", "NoSuchKey", "NotFound")


class Stored(NamedTuple):
    """An object: its size in bytes, and when it was written."""

    size: int
    written: datetime


class Store:
    """One place in S3.

    Credentials, region and AWS_ENDPOINT_URL are found as boto3 finds them. Each method raises ReleaseError.

    Args:
        place: below which all names are.
        doing: what the caller does, for messages, such as "publish to".
    """

    def __init__(self, place: Place, doing: str) -> None:
        self.place = place
        self._doing = doing
        with self._one_sentence():
            self._s3: Any = boto3.client("s3", config=Config(retries={"total_max_attempts": 3}, connect_timeout=5))

    def put(self, name: str, data: bytes) -> None:
        """Write an object; S3 compares its digest."""
        with self._one_sentence():
            digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
            self._s3.put_object(Bucket=self.place.bucket, Key=self.place.key(name), Body=data, ChecksumSHA256=digest)

    def get(self, name: str) -> bytes | None:
        """What an object holds; None if there is none."""
        with self._one_sentence():
            try:
                reply = self._s3.get_object(Bucket=self.place.bucket, Key=self.place.key(name))
            except ClientError as error:
                if _is_absent(error):
                    return None
                raise
            data: bytes = reply["Body"].read()
            return data

    def upload(self, name: str, path: Path) -> None:
        """Write an object from a file of any size."""
        with self._one_sentence():
            self._s3.upload_file(str(path), self.place.bucket, self.place.key(name))

    def download(self, name: str, path: Path) -> bool:
        """Write what an object holds to a file; returns whether there is one."""
        with self._one_sentence():
            try:
                self._s3.download_file(self.place.bucket, self.place.key(name), str(path))
            except ClientError as error:
                if _is_absent(error):
                    return False
                raise
            return True

    def remove(self, name: str) -> None:
        """Remove an object, if it is there."""
        with self._one_sentence():
            self._s3.delete_object(Bucket=self.place.bucket, Key=self.place.key(name))

    def read(self, name: str, limit: int) -> bytes:
        """What an object holds, to be checked by `coldopen.bundle.read`; all of it, whatever the limit.

        Raises:
            BundleError: if there is none.
        """
        data = self.get(name)
        if data is None:
            raise BundleError(f"{self.place.uri} is not a whole bundle: {name} is missing")
        return data

    def holds(self, name: str, data: bytes) -> bool:
        """Whether an object is there with just these bytes.

        Size and SHA-256 are those that S3 keeps. An object that was not written with one, as by another program, is
        read.
        """
        with self._one_sentence():
            key = {"Bucket": self.place.bucket, "Key": self.place.key(name)}
            try:
                head = self._s3.head_object(**key, ChecksumMode="ENABLED")
            except ClientError as error:
                if _is_absent(error):
                    return False
                raise
        if head["ContentLength"] != len(data):
            return False
        checksum = head.get("ChecksumSHA256")
        if checksum is None or "-" in checksum:  # none, or one of an upload's parts
            return self.get(name) == data
        return bool(base64.b64decode(checksum) == hashlib.sha256(data).digest())

    def objects(self) -> dict[str, Stored]:
        """All objects here and below, by name."""
        start = f"{self.place.prefix}/" if self.place.prefix else ""
        with self._one_sentence():
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.place.bucket, Prefix=start)
            return {
                entry["Key"].removeprefix(start): Stored(entry["Size"], entry["LastModified"])
                for page in pages
                for entry in page.get("Contents", [])
            }

    @contextmanager
    def _one_sentence(self) -> Iterator[None]:
        where = f"can't {self._doing} s3://{self.place.bucket}"
        try:
            yield
        except (NoCredentialsError, PartialCredentialsError):
            raise ReleaseError(
                "no AWS credentials were found: run `aws configure`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            ) from None
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "?")
            raise ReleaseError(f"{where}: {_REASONS.get('AccessDenied' if code == '403' else code, error)}") from None
        except (BotoCoreError, OSError, ValueError) as error:
            raise ReleaseError(f"{where}: {error}") from None


def _is_absent(error: ClientError) -> bool:
    return error.response.get("Error", {}).get("Code") in _ABSENT
