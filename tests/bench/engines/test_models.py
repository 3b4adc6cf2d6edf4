"""Each engine that is installed here finds the words that float32 finds.

onnxruntime and OpenVINO are not: `bench.engines` compares them at each run.
"""

from __future__ import annotations

import random
import sysconfig
from pathlib import Path

import pytest
import torch

from bench.engines.agreement import float32_likeliest, same_share
from bench.engines.models import numpy_arrays, quantised_dynamically
from bench.engines.way import Way
from coldopen.bundle.read import read_bundle
from coldopen.network import NetworkConfig, ScriptNetwork, serving_network
from local.runtime import FUNCTION, SHIPPED_BUNDLE

_WORDS = 30
_INSTALLED = sysconfig.get_path("purelib")


@pytest.fixture(scope="module")
def shipped() -> ScriptNetwork:
    """The network that ships: with projections, and an output layer that is the embedding."""
    bundle = read_bundle(str(SHIPPED_BUNDLE))
    return serving_network(bundle.manifest.network, bundle.state_dict())


@pytest.fixture
def plain() -> ScriptNetwork:
    """A network without either, as the original's is."""
    torch.manual_seed(1)
    network = ScriptNetwork(NetworkConfig(80, 16, 24, 2, 0.5)).eval()
    for parameter in network.parameters():
        parameter.requires_grad_(False).mul_(4)  # so that words differ in their scores
    return network


def _share(way: Way, network: ScriptNetwork, folder: Path) -> float:
    """How often an engine's five likeliest are those of the network, on words drawn anyhow."""
    text = [random.Random(2).randrange(1, 80) for _ in range(60)]
    (folder / "text.json").write_text(str(text))
    run = way.run(_WORDS, folder / "text.json")
    assert len(run.ids) == _WORDS + 1
    assert run.peak_mb > 10
    assert run.wall["road"] > run.wall["import"] + run.wall["load"] + run.wall["first"]
    assert run.likeliest is not None
    return same_share(run.likeliest, float32_likeliest(network, text))


def test_numpy_with_projections_and_tied_weights(shipped: ScriptNetwork, tmp_path: Path) -> None:
    way = Way("with_numpy.py", _INSTALLED, numpy_arrays(tmp_path / "arrays", shipped), 0)
    assert _share(way, shipped, tmp_path) == 1


def test_numpy_with_a_plain_network(plain: ScriptNetwork, tmp_path: Path) -> None:
    way = Way("with_numpy.py", _INSTALLED, numpy_arrays(tmp_path / "arrays", plain), 0)
    assert _share(way, plain, tmp_path) == 1


def test_quantize_dynamic(shipped: ScriptNetwork, tmp_path: Path) -> None:
    way = Way("with_quantize_dynamic.py", _INSTALLED, quantised_dynamically(shipped, tmp_path / "quantised.pt"), 0)
    assert _share(way, shipped, tmp_path) > 0.8


def test_ours(shipped: ScriptNetwork, tmp_path: Path) -> None:
    assert _share(Way("with_coldopen.py", f"{FUNCTION}:{_INSTALLED}", SHIPPED_BUNDLE, 0), shipped, tmp_path) > 0.8


def test_an_engine_that_writes_no_text_is_told(tmp_path: Path) -> None:
    silent = ScriptNetwork(NetworkConfig(80, 16, 24, 2, 0.5)).eval()
    for parameter in silent.parameters():
        parameter.requires_grad_(False).zero_()  # all words are as likely, and five of them come
    way = Way("with_numpy.py", _INSTALLED, numpy_arrays(tmp_path / "arrays", silent), 0)
    with pytest.raises(SystemExit, match=r"with_numpy\.py writes no text, but \[1, "):
        way.run(_WORDS)
