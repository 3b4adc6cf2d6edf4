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
from coldopen.bundle.manifest import MANIFEST, STATE_DICT, VOCABULARY
from coldopen.errors import BundleError

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
