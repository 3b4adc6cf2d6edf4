"""Serving weights are held to the trained ones."""

from __future__ import annotations

import re

import pytest
import torch
from safetensors.torch import load, save
from torch import Tensor

from coldopen.bundle.content import Bundle, bundle_of
from coldopen.bundle.manifest import SERVING, STATE_DICT, VOCABULARY
from coldopen.bundle.write import bundle_files, with_manifest
from coldopen.network import NetworkConfig, ScriptNetwork
from coldopen.vocabulary import Vocabulary
from training.release.place import ReleaseError
from training.release.serving import check_serving


@pytest.fixture(scope="module", params=[0, 6])
def files(request: pytest.FixtureRequest) -> dict[str, bytes]:
    """A bundle's whose vocabulary is larger than the first block."""
    torch.manual_seed(1)
    config = NetworkConfig(2100, 6, 12, 2, 0.5, proj_size=request.param, tied=bool(request.param))
    words = Vocabulary([f"w{number}" for number in range(2100)])
    return bundle_files(ScriptNetwork(config).state_dict(), words, config, "small", {})


def changed(files: dict[str, bytes], name: str, tensor: Tensor) -> Bundle:
    """The bundle with another tensor in its serving weights, and a manifest that fits."""
    manifest = bundle_of(files, "here").manifest
    content = {key: files[key] for key in (STATE_DICT, VOCABULARY)}
    content[SERVING] = save({**load(files[SERVING]), name: tensor})
    return bundle_of(with_manifest(content, manifest.network, "small", {}), "here")


def test_what_was_made_of_the_trained_weights_passes(files: dict[str, bytes]) -> None:
    check_serving(bundle_of(files, "here"))


def test_a_coefficient_may_be_a_step_off_as_on_another_processor(files: dict[str, bytes]) -> None:
    coefficients = load(files[SERVING])["preview.int8"]
    coefficients[3, 0] += 1 if coefficients[3, 0] < 0 else -1
    check_serving(changed(files, "preview.int8", coefficients))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("output.int8", -1),
        ("gates_l1.int8", -1),
        ("gates_l0.bias", 0.01),
        ("preview.int8", -2),
        ("preview.slack", -0.1),
    ],
)
def test_what_differs_is_named(files: dict[str, bytes], name: str, change: float) -> None:
    tensor = load(files[SERVING])[name]
    tensor[2] += torch.tensor(change, dtype=tensor.dtype)
    with pytest.raises(ReleaseError, match=rf"serving\.safetensors is not what .* \({re.escape(name)} differs\)"):
        check_serving(changed(files, name, tensor))


def test_a_bundle_without_them_is_as_it_should_be(files: dict[str, bytes]) -> None:
    manifest = bundle_of(files, "here").manifest
    content = {key: files[key] for key in (STATE_DICT, VOCABULARY)}
    check_serving(bundle_of(with_manifest(content, manifest.network, "small", {}), "here"))
