"""A place in S3 where releases lie: a bucket and a prefix, however a person writes them."""

from __future__ import annotations

import re
from typing import NamedTuple

from coldopen.errors import ColdOpenError, shown

DEFAULT_PREFIX = "cold-open"

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")  # as the template's parameter ModelUri allows it
_PREFIX = re.compile(r"[A-Za-z0-9._=-]+(/[A-Za-z0-9._=-]+)*")  # what IAM, a shell and make take as it stands
_BUCKET_ARN = re.compile(r"arn:aws[a-z-]*:s3:::(.*)")
_VERSION = re.compile(r"[0-9a-f]{12}")
_VERSION_LENGTH = len("0123456789ab/")
_MAX_URI = 112  # of the template's ModelUri


class ReleaseError(ColdOpenError):
    """A release, or a place for one, that can't be used."""


class Place(NamedTuple):
    """Where releases lie; `prefix` has no slash at its ends, and may be empty."""

    bucket: str
    prefix: str

    def key(self, name: str) -> str:
        """The key of what is called `name` below this place."""
        return f"{self.prefix}/{name}" if self.prefix else name

    def below(self, name: str) -> Place:
        """The place called `name` below this one."""
        return Place(self.bucket, self.key(name))

    @property
    def uri(self) -> str:
        """As `s3://bucket/prefix/`."""
        return f"s3://{self.bucket}/{self.prefix}/" if self.prefix else f"s3://{self.bucket}/"

    @property
    def version(self) -> str:
        """The version that a release's own place is named after, empty if this is no such place."""
        last = self.prefix.rpartition("/")[2]
        return last if _VERSION.fullmatch(last) else ""


def read_place(bucket: str, prefix: str | None = None) -> Place:
    """The place that `--bucket` and `--prefix` mean.

    Args:
        bucket: a name, `s3://bucket/prefix/`, or a bucket's ARN, with or without a prefix.
        prefix: None if it was not given: then that of `bucket`, or else `cold-open`.

    Raises:
        ReleaseError: in one sentence, if that is no place.
    """
    if not bucket.strip():
        raise ReleaseError("no bucket is named: say which with --bucket my-bucket, or with make: BUCKET=my-bucket")
    name, own_prefix = _apart(bucket.strip())
    if own_prefix and prefix is not None:
        raise ReleaseError(f"two prefixes are named, {own_prefix} in --bucket and {prefix} in --prefix: give one")
    place = Place(name, _checked_prefix(DEFAULT_PREFIX if prefix is None and not own_prefix else prefix or own_prefix))
    if place.version:
        raise ReleaseError(f"{place.uri} is one version's own place: name the prefix above it")
    if (length := len(place.uri) + _VERSION_LENGTH) > _MAX_URI:
        raise ReleaseError(
            f"{place.uri} is too long: with the version it has {length} characters, and the template's ModelUri takes "
            f"{_MAX_URI}"
        )
    return place


def read_anywhere(uri: str) -> Place:
    """The place of any `s3://bucket/prefix/`.

    Raises:
        ReleaseError: in one sentence, if there can be no such bucket.
    """
    return Place(*_apart(uri.strip()))


def read_release_uri(uri: str) -> Place:
    """The place of one release, from `s3://bucket/prefix/version/`.

    Raises:
        ReleaseError: in one sentence, if the URI does not end with a version.
    """
    name, prefix = _apart(uri.strip())
    place = Place(name, _checked_prefix(prefix))
    if not place.version:
        raise ReleaseError(
            f"{shown(uri)} names no version: it should read s3://bucket/prefix/version/, as `publish` prints it"
        )
    return place


def _apart(text: str) -> tuple[str, str]:
    """Bucket and prefix of what may be a name, an s3:// URI or an ARN."""
    rest = text
    while rest.startswith("s3://"):
        rest = rest.removeprefix("s3://")
    if arn := _BUCKET_ARN.fullmatch(rest):
        rest = arn[1]
    bucket, _, prefix = rest.partition("/")
    if bucket.startswith("arn:") or bucket.endswith("-s3alias"):
        raise ReleaseError(
            f"{shown(text)} is no bucket but an access point or the like: name the bucket behind it, for the function "
            "may read from s3://bucket/prefix/version/ only"
        )
    if "://" in rest:
        raise ReleaseError(f"{shown(text)} is a web address: name the bucket, as my-bucket or s3://my-bucket/prefix/")
    if not _BUCKET.fullmatch(bucket):
        raise ReleaseError(
            f"{shown(bucket)} is not a name that a bucket can have: 3 to 63 of a to z, 0 to 9, dots and hyphens"
        )
    return bucket, prefix.strip("/")


def _checked_prefix(prefix: str) -> str:
    prefix = prefix.strip("/")
    if prefix and not _PREFIX.fullmatch(prefix):
        raise ReleaseError(
            f"the prefix {shown(prefix)} can't be used: letters, digits and . _ = - are, with single slashes between"
        )
    return prefix
