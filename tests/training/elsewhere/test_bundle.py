"""Weights trained elsewhere: published and served, or refused by name."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from coldopen.bundle.read import read_bundle
from coldopen.network import ScriptNetwork

Training = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def elsewhere(untrained_folder: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A seed-style .pt file (DataParallel, `embed`) and its {word: id} map, tokens in their original case."""
    bundle = read_bundle(str(untrained_folder))
    network = ScriptNetwork(bundle.manifest.network)
    network.load_state_dict({name: tensor.float() for name, tensor in bundle.state_dict.items()})
    names = {"embedding.weight": "embed.weight"}
    torch.save({f"module.{names.get(k, k)}": v for k, v in network.state_dict().items()}, tmp_path / "model.pt")
    ids = {word.replace("||period||", "||Period||"): index for index, word in enumerate(bundle.vocabulary.words)}
    (tmp_path / "vocab.json").write_text(json.dumps(dict(reversed(ids.items()))))
    return tmp_path / "model.pt", tmp_path / "vocab.json"


def test_weights_trained_elsewhere_are_published(
    bucket: Any, elsewhere: tuple[Path, Path], untrained_folder: Path, training: Training
) -> None:
    done = training("publish", "--state-dict", elsewhere[0], "--vocab", elsewhere[1], "--bucket", "scripts")
    assert done.returncode == 0, done.stderr
    ours, theirs = (
        read_bundle(str(untrained_folder)),
        read_bundle(re.findall("^published: (.*)$", done.stdout, re.MULTILINE)[0]),
    )
    assert theirs.vocabulary.words == ours.vocabulary.words
    assert all(torch.equal(tensor, ours.state_dict[name]) for name, tensor in theirs.state_dict.items())


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda pt, _: pt.unlink(), "can't be read: No such file"),
        (lambda pt, _: pt.write_bytes(b"junk"), "holds no plain tensors, so it was not opened"),
        (lambda pt, _: torch.save([1], pt), "is not a state_dict"),
        (lambda pt, _: torch.save({"x": torch.zeros(2)}, pt), "embedding.weight is missing"),
        (lambda _, vocab: vocab.write_text('["a"]'), "holds 1 words, but"),
        (lambda _, vocab: vocab.write_text('{"a": 1}'), "its ids are not 0 to 0, each once"),
        (lambda _, vocab: vocab.write_text('{"a": "b"}'), "its ids are not 0 to 0, each once"),
        (lambda _, vocab: vocab.write_text("3"), "neither a list of words nor a {word: id} map"),
        (lambda _, vocab: vocab.unlink(), "can't be read: No such file"),
    ],
)
def test_foreign_files_that_can_t_be_used_are_named(
    elsewhere: tuple[Path, Path], training: Training, damage: Callable[[Path, Path], object], message: str
) -> None:
    damage(*elsewhere)
    done = training("publish", "--state-dict", elsewhere[0], "--vocab", elsewhere[1], "--bucket", "scripts")
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_weights_need_their_vocabulary(elsewhere: tuple[Path, Path], training: Training) -> None:
    done = training("publish", "--state-dict", elsewhere[0], "--bucket", "scripts")
    assert (done.returncode, done.stderr) == (1, "training: --state-dict and --vocab belong together: give both\n")
