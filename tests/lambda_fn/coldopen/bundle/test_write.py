"""Writing a bundle: what is written can be read, and a half-written one never is."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import pytest
import torch

from coldopen.bundle.content import bundle_of
from coldopen.bundle.manifest import MANIFEST, Manifest, version_of
from coldopen.bundle.read import read_bundle
from coldopen.bundle.write import bundle_files, write_bundle
from coldopen.network import NetworkConfig, ScriptNetwork, serving_network
from coldopen.vocabulary import Vocabulary
from local.runtime import SHIPPED_BUNDLE

Files = dict[str, bytes]


def test_a_bundle_reads_as_it_was_written(untrained_files: Files, tmp_path: Path) -> None:
    version = write_bundle(tmp_path / "b", untrained_files)
    bundle = read_bundle(str(tmp_path / "b"))
    assert bundle.version == version == hashlib.sha256(untrained_files[MANIFEST]).hexdigest()[:12]
    assert bundle.manifest.name == "diner"
    assert len(bundle.vocabulary) == bundle.manifest.network.vocabulary_size == 39
    assert {name: tuple(t.shape) for name, t in bundle.state_dict().items()} == bundle.manifest.network.shapes()
    assert {tensor.dtype for tensor in bundle.state_dict().values()} == {torch.float16}


def test_the_same_weights_make_the_same_version(untrained_files: Files) -> None:
    config = NetworkConfig(3, 2, 2, 1, 0.0)
    torch.manual_seed(1)
    weights = ScriptNetwork(config).state_dict()
    made = [bundle_files(weights, Vocabulary(["a", "b", "c"]), config, "x", {}) for _ in range(2)]
    assert made[0] == made[1]
    assert version_of(made[0][MANIFEST]) != version_of(untrained_files[MANIFEST])


def test_a_bundle_of_a_plain_network_says_nothing_of_optional_parts(untrained_files: Files) -> None:
    assert json.loads(untrained_files[MANIFEST])["network"] == {
        "dropout": 0.5, "embedding_dim": 12, "hidden_size": 20, "num_layers": 2, "vocabulary_size": 39,
    }  # fmt: skip
    shipped = (SHIPPED_BUNDLE / MANIFEST).read_bytes()
    assert Manifest.from_bytes(shipped, "shipped").to_bytes() == shipped


def test_a_bundle_of_a_projected_and_tied_network_holds_the_shared_weight_once(tmp_path: Path) -> None:
    config = NetworkConfig(3, 2, 4, 2, 0.0, proj_size=2, tied=True)
    network = ScriptNetwork(config)
    write_bundle(tmp_path / "b", bundle_files(network.state_dict(), Vocabulary(["a", "b", "c"]), config, "x", {}))
    bundle = read_bundle(str(tmp_path / "b"))
    assert bundle.manifest.network == config
    assert "fc.weight" not in bundle.state_dict()
    served = serving_network(config, bundle.state_dict())
    assert torch.equal(served.fc.weight, network.embedding.weight.half().float())


def test_a_tensor_with_values_beyond_float16_stays_float32() -> None:
    config = NetworkConfig(3, 2, 2, 1, 0.0)
    weights = ScriptNetwork(config).state_dict()
    weights["fc.bias"] = torch.tensor([0.0, -70_000.0, 65_504.0])
    vocabulary = Vocabulary(["a", "b", "c"])
    bundle = bundle_of(bundle_files(weights, vocabulary, config, "x", {}), "here")
    assert torch.equal(bundle.state_dict()["fc.bias"], weights["fc.bias"])
    assert {t.dtype for name, t in bundle.state_dict().items() if name != "fc.bias"} == {torch.float16}


def test_writing_replaces_an_older_bundle_and_leaves_nothing_beside_it(untrained_files: Files, tmp_path: Path) -> None:
    for _ in range(2):
        write_bundle(tmp_path / "b", untrained_files)
    assert [entry.name for entry in tmp_path.iterdir()] == ["b"]
    assert sorted(entry.name for entry in (tmp_path / "b").iterdir()) == sorted(untrained_files)


@pytest.mark.parametrize("step", ["os.fsync", "coldopen.bundle.write._exchange", "shutil.rmtree"])
def test_a_writer_that_is_ended_at_any_step_leaves_a_whole_bundle(
    untrained_files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    if sys.platform != "linux":
        pytest.skip("elsewhere two renames replace a bundle")
    version = write_bundle(tmp_path / "b", untrained_files)
    newer = {**untrained_files, MANIFEST: untrained_files[MANIFEST] + b"\n"}

    def power_cut(*_: object, **__: object) -> None:
        raise KeyboardInterrupt  # stands in for an end without notice

    rename = Path.rename

    def no_rename_of_folders(path: Path, target: Path) -> Path:
        assert not path.is_dir(), "between two renames there is no bundle"
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(step, power_cut)
        patch.setattr(Path, "rename", no_rename_of_folders)
        with pytest.raises(KeyboardInterrupt):
            write_bundle(tmp_path / "b", newer)
    assert read_bundle(str(tmp_path / "b")).version == version
    newest = write_bundle(tmp_path / "b", newer)
    assert read_bundle(str(tmp_path / "b")).version == newest != version
    assert [entry.name for entry in tmp_path.iterdir()] == ["b"]


def test_a_bundle_is_replaced_where_folders_can_t_change_places(
    untrained_files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coldopen.bundle.write._exchange", lambda *_: False)
    write_bundle(tmp_path / "b", untrained_files)
    newer = {**untrained_files, MANIFEST: untrained_files[MANIFEST] + b"\n"}
    assert write_bundle(tmp_path / "b", newer) == read_bundle(str(tmp_path / "b")).version
    assert [entry.name for entry in tmp_path.iterdir()] == ["b"]
