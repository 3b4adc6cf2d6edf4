"""What a bundle holds: nothing damaged or foreign is used, even if the manifest was made to fit."""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load, save

from coldopen.bundle.content import bundle_of
from coldopen.bundle.manifest import COPIES, LEXICON, MANIFEST, STATE_DICT, VOCABULARY
from coldopen.errors import BundleError
from coldopen.vocabulary import tokenise

Files = dict[str, bytes]


def replace(files: Files, name: str, data: bytes) -> Files:
    """The files with one of them replaced and the manifest made to fit, as an attacker could."""
    manifest = json.loads(files[MANIFEST])
    manifest["files"][name] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    return {**files, name: data, MANIFEST: json.dumps(manifest).encode()}


class Attack:
    """Unpickling this would write a file."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.trace,))


def test_a_pickle_in_place_of_the_weights_is_refused_unopened(untrained_files: Files, tmp_path: Path) -> None:
    trace = tmp_path / "opened"
    with pytest.raises(BundleError, match="not safetensors: it is a pickle; it was not opened"):
        bundle_of(replace(untrained_files, STATE_DICT, pickle.dumps(Attack(trace))), "here")
    torch.save({"x": torch.zeros(1)}, tmp_path / "x.pt")
    with pytest.raises(BundleError, match=r"it is a \.pt archive"):
        bundle_of(replace(untrained_files, STATE_DICT, (tmp_path / "x.pt").read_bytes()), "here")
    assert not trace.exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.pop("fc.bias"), r"fc\.bias is missing"),
        (lambda t: t.update({"fc.bias": torch.zeros(3)}), r"fc\.bias has shape \(3,\), not \(39,\)"),
        (lambda t: t.update({"more": torch.zeros(3)}), "more does not belong"),
        (lambda t: t.update({"fc.bias": torch.zeros(39, dtype=torch.int32)}), r"fc\.bias is torch\.int32; float32"),
        (lambda t: t.update({"fc.bias": torch.full((39,), torch.nan)}), r"fc\.bias holds values that are infinite or"),
        (lambda t: t.update({"fc.bias": torch.full((39,), -torch.inf)}), r"fc\.bias holds values that are infinite or"),
    ],
)
def test_weights_that_can_t_be_used_are_named(
    untrained_files: Files, change: Callable[[dict[str, torch.Tensor]], object], message: str
) -> None:
    tensors = load(untrained_files[STATE_DICT])
    change(tensors)
    with pytest.raises(BundleError, match=message):
        bundle_of(replace(untrained_files, STATE_DICT, save(tensors)), "here")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'["a", "b"]', "holds 2 words, but the network has 39"),
        (b'["a", "a"]', "'a' twice"),
        (b'{"a": 0}', "not a list of words"),
        (b"[1]", "1, which is not a word"),
        (b"[[]]", "is not a vocabulary"),
        (b"[", "is not a vocabulary"),
        (b"\xff", "is not a vocabulary"),
        (b"[" * 200_000, "is not a vocabulary"),
    ],
)
def test_a_vocabulary_that_can_t_be_used_is_named(untrained_files: Files, data: bytes, message: str) -> None:
    with pytest.raises(BundleError, match=message):
        bundle_of(replace(untrained_files, VOCABULARY, data), "here")


def test_a_tensor_that_is_there_twice_is_refused(untrained_files: Files) -> None:
    data = untrained_files[STATE_DICT]
    size = int.from_bytes(data[:8], "little")
    header = data[8 : 8 + size].rstrip()
    entry = json.dumps({"fc.bias": json.loads(header)["fc.bias"]})[1:-1].encode()
    header = header[:-1] + b"," + entry + b"}"
    header += b" " * (-len(header) % 8)
    twice = len(header).to_bytes(8, "little") + header + data[8 + size :]
    with pytest.raises(BundleError, match=r'can.t be used: the key "fc\.bias" is there twice'):
        bundle_of(replace(untrained_files, STATE_DICT, twice), "here")


def test_a_byte_order_mark_is_no_part_of_the_first_word(untrained_files: Files) -> None:
    marked = replace(untrained_files, VOCABULARY, b"\xef\xbb\xbf" + untrained_files[VOCABULARY])
    assert bundle_of(marked, "here").vocabulary.words == bundle_of(untrained_files, "here").vocabulary.words


def test_a_bundle_has_the_lexicon_and_the_copies_that_its_files_hold(full_files: Files, diner: str) -> None:
    bundle = bundle_of(full_files, "here")
    assert list(bundle.lexicon.cues) == ["marla", "otto"]
    assert bundle.lexicon.casing == {"otto": "Otto"}
    assert bundle.lexicon.vocabulary is bundle.vocabulary
    copies, ids = bundle.copies(), bundle.vocabulary.ids(tokenise(diner))
    assert copies is not None
    assert copies.holds(ids[5:13])
    assert not copies.holds(ids[12:4:-1])


def test_a_bundle_without_these_files_has_its_vocabulary_s_lexicon_and_no_copies(untrained_files: Files) -> None:
    bundle = bundle_of(untrained_files, "here")
    assert bundle.lexicon.cues == {}
    assert bundle.lexicon.is_name("otto")
    assert bundle.copies() is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "Expecting value"),
        (b"[]", "it does not hold cues, casing, compounds and line_breaks"),
        (b"\xff", "can't decode byte"),
        (b"[" * 200_000, "maximum recursion depth"),
        (b'{"cues": [1], "casing": {}, "compounds": [], "line_breaks": 2}', "are no list of words"),
        (b'{"cues": [], "casing": {}, "compounds": [], "line_breaks": [2]}', "line_breaks are"),
    ],
)
def test_a_lexicon_that_can_t_be_used_is_named(full_files: Files, data: bytes, message: str) -> None:
    with pytest.raises(BundleError, match=rf"here/lexicon\.json is not a lexicon: .*{message}"):
        bundle_of(replace(full_files, LEXICON, data), "here")


def test_copies_that_can_t_be_used_are_named_when_they_are_asked_for(full_files: Files) -> None:
    bundle = bundle_of(replace(full_files, COPIES, full_files[COPIES][:-1]), "here")
    for _ in range(2):
        with pytest.raises(BundleError, match=r"here/copies\.bin is not a filter of copied runs: its header says"):
            bundle.copies()
