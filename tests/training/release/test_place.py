"""Where a release goes: buckets and prefixes as people write them."""

from __future__ import annotations

import pytest

from local.runtime import ROOT
from training.release.place import Place, ReleaseError, read_place, read_release_uri

VERSION = "0123456789ab"


@pytest.mark.parametrize(
    ("bucket", "prefix", "place"),
    [
        ("scripts", None, Place("scripts", "cold-open")),
        ("scripts", "", Place("scripts", "")),
        ("scripts", "/tv/pilot/", Place("scripts", "tv/pilot")),
        ("s3://scripts", None, Place("scripts", "cold-open")),
        ("s3://scripts/", None, Place("scripts", "cold-open")),
        ("s3://s3://scripts/", None, Place("scripts", "cold-open")),
        ("scripts/", "tv", Place("scripts", "tv")),
        ("s3://scripts/tv/pilot/", None, Place("scripts", "tv/pilot")),
        (" scripts/tv ", None, Place("scripts", "tv")),
        ("arn:aws:s3:::scripts", None, Place("scripts", "cold-open")),
        ("arn:aws-us-gov:s3:::scripts/tv/", None, Place("scripts", "tv")),
    ],
)
def test_a_bucket_is_taken_apart_however_it_is_written(bucket: str, prefix: str | None, place: Place) -> None:
    assert read_place(bucket, prefix) == place


@pytest.mark.parametrize(
    ("bucket", "prefix", "message"),
    [
        ("", None, "no bucket is named"),
        ("s3://", None, '"" is not a name that a bucket can have'),
        ("My_Bucket", None, '"My_Bucket" is not a name that a bucket can have'),
        ("arn:aws:s3:us-east-1:123456789012:accesspoint/tv", None, "is no bucket but an access point"),
        ("s3://arn:aws:s3:us-east-1:123456789012:accesspoint/tv/x", None, "is no bucket but an access point"),
        ("tv-abc123-s3alias", None, "is no bucket but an access point"),
        ("https://scripts.s3.amazonaws.com/tv", None, "is a web address"),
        ("s3://scripts/tv", "pilot", "two prefixes are named, tv in --bucket and pilot in --prefix"),
        ("scripts", "a//b", 'the prefix "a//b" can\'t be used'),
        ("scripts", "all/*", 'the prefix "all/*" can\'t be used'),
        ("scripts", "two words", "can't be used"),
        (
            "scripts",
            "x" * 86,
            "is too long: with the version it has 113 characters, and the template's ModelUri takes 112",
        ),
        (f"s3://scripts/cold-open/{VERSION}/", None, "is one version's own place"),
    ],
)
def test_what_is_no_place_is_refused_in_one_sentence(bucket: str, prefix: str | None, message: str) -> None:
    with pytest.raises(ReleaseError) as refusal:
        read_place(bucket, prefix)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_release_is_named_with_its_version() -> None:
    place = read_release_uri(f"s3://scripts/tv/{VERSION}/")
    assert (place.bucket, place.prefix, place.version) == ("scripts", f"tv/{VERSION}", VERSION)
    assert place.uri == f"s3://scripts/tv/{VERSION}/"
    assert read_release_uri(f"s3://scripts/{VERSION}").uri == f"s3://scripts/{VERSION}/"


def test_the_longest_place_is_as_long_as_the_template_takes() -> None:
    template = (ROOT / "template.yaml").read_text()
    longest = read_place("scripts", "x" * 85).below(VERSION).uri
    assert f"MaxLength: {len(longest)} #" in template


def test_a_uri_without_a_version_is_refused() -> None:
    with pytest.raises(ReleaseError, match="names no version: it should read s3://bucket/prefix/version/"):
        read_release_uri("s3://scripts/cold-open/")
