"""Manifests: one that can't be used is refused, with the fault named."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from coldopen.bundle.manifest import COPIES, LEXICON, MANIFEST, STATE_DICT, Manifest
from coldopen.errors import BundleError

Files = dict[str, bytes]


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda m: m.update(format_version=2), "has format version 2; this version of Cold Open reads 1"),
        (lambda m: m.update(format_version=True), "has format version True; this version of Cold Open reads 1"),
        (lambda m: m.update(format_version=1.5), "has format version 1.5"),
        (lambda m: m.pop("format_version"), "is not a manifest"),
        (lambda m: m.pop("network"), "is damaged"),
        (lambda m: m["network"].update(hidden_size="20"), r"network\.hidden_size is '20'"),
        (lambda m: m["network"].update(wings=2), "is damaged"),
        (lambda m: m["network"].update(num_layers=0), r"network\.num_layers is 0"),
        (lambda m: m["network"].update(num_layers=10**9), r"network\.num_layers is 1000000000"),
        (lambda m: m["network"].update(vocabulary_size=2**70), r"network\.vocabulary_size is"),
        (lambda m: m["network"].update(dropout=2), r"network\.dropout is 2"),
        (lambda m: m["network"].update(dropout=float("nan")), r"network\.dropout is nan"),
        (lambda m: m["network"].update(proj_size=20), r"network\.proj_size is 20"),
        (lambda m: m["network"].update(tied="yes"), r"network\.tied is 'yes'"),
        (lambda m: m["files"][STATE_DICT].update(size=2**70), "is damaged"),
        (lambda m: m.update(files={}), "is damaged"),
        (lambda m: m["files"].update({STATE_DICT: {"size": -1}}), "is damaged"),
        (lambda m: m["files"].update({COPIES: {"size": 8}}), r"is damaged: 'sha256'"),
        (lambda m: m["files"].update({LEXICON: {"size": "8", "sha256": ""}}), r"files\.lexicon\.json lacks a size"),
        (lambda m: m["files"].update({"../x": {}}), r"files\.\.\./x is no file of a bundle that this version"),
    ],
)
def test_a_manifest_that_can_t_be_used_is_named(
    untrained_files: Files, edit: Callable[[dict[str, Any]], object], message: str
) -> None:
    manifest = json.loads(untrained_files[MANIFEST])
    edit(manifest)
    with pytest.raises(BundleError, match=message):
        Manifest.from_bytes(json.dumps(manifest).encode(), "here")


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"{", b"\xff\xfe"])
def test_what_is_no_manifest_at_all_is_named(data: bytes) -> None:
    with pytest.raises(BundleError, match=r"manifest\.json is not a manifest"):
        Manifest.from_bytes(data, "here")


def test_a_manifest_that_says_something_twice_is_refused(untrained_files: Files) -> None:
    twice = untrained_files[MANIFEST].replace(b'"format_version": 1', b'"format_version": 2, "format_version": 1')
    with pytest.raises(BundleError, match='the key "format_version" is there twice'):
        Manifest.from_bytes(twice, "here")
