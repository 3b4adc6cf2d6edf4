"""The bundle: what is written can be read, and nothing damaged, foreign or half-written is used."""

from __future__ import annotations

import hashlib
import json
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
import torch
from safetensors.torch import load, save

from coldopen.bundle.content import Bundle
from coldopen.bundle.manifest import MANIFEST, STATE_DICT, VOCABULARY, Manifest, version_of
from coldopen.bundle.read import read_bundle
from coldopen.bundle.write import bundle_files, write_bundle
from coldopen.errors import BundleError, ModelUnavailableError
from coldopen.network import NetworkConfig, ScriptNetwork, serving_network
from coldopen.vocabulary import Vocabulary
from local.runtime import SHIPPED_BUNDLE

Files = dict[str, bytes]


def replace(files: Files, name: str, data: bytes) -> Files:
    """The files with one of them replaced and the manifest made to fit, as an attacker could."""
    manifest = json.loads(files[MANIFEST])
    manifest["files"][name] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    return {**files, name: data, MANIFEST: json.dumps(manifest).encode()}


def edited(files: Files, edit: Callable[[dict[str, Any]], object]) -> Files:
    manifest = json.loads(files[MANIFEST])
    edit(manifest)
    return {**files, MANIFEST: json.dumps(manifest).encode()}


def read(files: Files, folder: Path) -> Bundle:
    write_bundle(folder / "b", files)
    return read_bundle(str(folder / "b"))


def test_a_bundle_reads_as_it_was_written(untrained_files: Files, tmp_path: Path) -> None:
    version = write_bundle(tmp_path / "b", untrained_files)
    bundle = read_bundle(str(tmp_path / "b"))
    assert bundle.version == version == hashlib.sha256(untrained_files[MANIFEST]).hexdigest()[:12]
    assert bundle.manifest.name == "diner"
    assert len(bundle.vocabulary) == bundle.manifest.network.vocabulary_size == 39
    assert {name: tuple(t.shape) for name, t in bundle.state_dict.items()} == bundle.manifest.network.shapes()
    assert {tensor.dtype for tensor in bundle.state_dict.values()} == {torch.float16}


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
    bundle = read(bundle_files(network.state_dict(), Vocabulary(["a", "b", "c"]), config, "x", {}), tmp_path)
    assert bundle.manifest.network == config
    assert "fc.weight" not in bundle.state_dict
    served = serving_network(config, bundle.state_dict)
    assert torch.equal(served.fc.weight, network.embedding.weight.half().float())


def test_writing_replaces_an_older_bundle_and_leaves_nothing_beside_it(untrained_files: Files, tmp_path: Path) -> None:
    for _ in range(2):
        write_bundle(tmp_path / "b", untrained_files)
    assert [entry.name for entry in tmp_path.iterdir()] == ["b"]
    assert sorted(entry.name for entry in (tmp_path / "b").iterdir()) == sorted(untrained_files)


@pytest.mark.parametrize("step", ["os.fsync", "coldopen.bundle._exchange", "shutil.rmtree"])
def test_a_writer_that_is_ended_at_any_step_leaves_a_whole_bundle(
    untrained_files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    if sys.platform != "linux":
        pytest.skip("elsewhere two renames replace a bundle")
    version = write_bundle(tmp_path / "b", untrained_files)
    newer = {**untrained_files, MANIFEST: untrained_files[MANIFEST] + b"\n"}

    def power_cut(*_: object, **__: object) -> None:
        raise KeyboardInterrupt  # stands in for an end without notice

    def no_rename(*_: object) -> None:
        raise AssertionError("between two renames there is no bundle")

    with monkeypatch.context() as patch:
        patch.setattr(step, power_cut)
        patch.setattr(Path, "rename", no_rename)
        with pytest.raises(KeyboardInterrupt):
            write_bundle(tmp_path / "b", newer)
    assert read_bundle(str(tmp_path / "b")).version == version
    newest = write_bundle(tmp_path / "b", newer)
    assert read_bundle(str(tmp_path / "b")).version == newest != version
    assert [entry.name for entry in tmp_path.iterdir()] == ["b"]


def test_a_bundle_is_replaced_where_folders_can_t_change_places(
    untrained_files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coldopen.bundle._exchange", lambda *_: False)
    write_bundle(tmp_path / "b", untrained_files)
    newer = {**untrained_files, MANIFEST: untrained_files[MANIFEST] + b"\n"}
    assert write_bundle(tmp_path / "b", newer) == read_bundle(str(tmp_path / "b")).version
    assert [entry.name for entry in tmp_path.iterdir()] == ["b"]


@pytest.mark.parametrize("name", [STATE_DICT, VOCABULARY, MANIFEST])
def test_a_missing_file_is_named(untrained_folder: Path, name: str) -> None:
    (untrained_folder / name).unlink()
    with pytest.raises(BundleError, match=f"is not a whole bundle: {name} is missing"):
        read_bundle(str(untrained_folder))


@pytest.mark.parametrize("name", [STATE_DICT, VOCABULARY])
def test_a_truncated_file_is_named(untrained_folder: Path, name: str) -> None:
    data = (untrained_folder / name).read_bytes()
    (untrained_folder / name).write_bytes(data[:-1])
    with pytest.raises(BundleError, match=f"{name} is not whole: the manifest says .* bytes, there are only"):
        read_bundle(str(untrained_folder))
    (untrained_folder / name).write_bytes(data + b"x")
    with pytest.raises(BundleError, match=f"{name} is not whole: .* there are more"):
        read_bundle(str(untrained_folder))


@pytest.mark.parametrize("name", [STATE_DICT, VOCABULARY])
def test_a_changed_byte_is_noticed(untrained_folder: Path, name: str) -> None:
    data = bytearray((untrained_folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (untrained_folder / name).write_bytes(data)
    with pytest.raises(BundleError, match=f"{name} was changed after it was published"):
        read_bundle(str(untrained_folder))


class Attack:
    """Unpickling this would write a file."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.trace,))


def test_a_pickle_in_place_of_the_weights_is_refused_unopened(untrained_files: Files, tmp_path: Path) -> None:
    trace = tmp_path / "opened"
    with pytest.raises(BundleError, match="not safetensors: it is a pickle; it was not opened"):
        read(replace(untrained_files, STATE_DICT, pickle.dumps(Attack(trace))), tmp_path)
    torch.save({"x": torch.zeros(1)}, tmp_path / "x.pt")
    with pytest.raises(BundleError, match=r"it is a \.pt archive"):
        read(replace(untrained_files, STATE_DICT, (tmp_path / "x.pt").read_bytes()), tmp_path)
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
    untrained_files: Files, tmp_path: Path, change: Callable[[dict[str, torch.Tensor]], object], message: str
) -> None:
    tensors = load(untrained_files[STATE_DICT])
    change(tensors)
    with pytest.raises(BundleError, match=message):
        read(replace(untrained_files, STATE_DICT, save(tensors)), tmp_path)


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
def test_a_vocabulary_that_can_t_be_used_is_named(
    untrained_files: Files, tmp_path: Path, data: bytes, message: str
) -> None:
    with pytest.raises(BundleError, match=message):
        read(replace(untrained_files, VOCABULARY, data), tmp_path)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda m: m.update(format_version=2), "has format version 2; this version of Cold Open reads 1"),
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
    ],
)
def test_a_manifest_that_can_t_be_used_is_named(
    untrained_files: Files, tmp_path: Path, edit: Callable[[dict[str, Any]], object], message: str
) -> None:
    with pytest.raises(BundleError, match=message):
        read(edited(untrained_files, edit), tmp_path)


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"{", b"\xff\xfe"])
def test_what_is_no_manifest_at_all_is_named(untrained_files: Files, tmp_path: Path, data: bytes) -> None:
    with pytest.raises(BundleError, match=r"manifest\.json is not a manifest"):
        read({**untrained_files, MANIFEST: data}, tmp_path)


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailableError, match="no such directory"):
        read_bundle(str(tmp_path / "absent"))


def put(files: Files, key: str = "p/v") -> None:
    client = boto3.client("s3")
    client.create_bucket(Bucket="scripts")
    for name, data in files.items():
        client.put_object(Bucket="scripts", Key=f"{key}/{name}", Body=data)


@pytest.mark.usefixtures("s3")
def test_a_bundle_is_read_from_s3(untrained_files: Files, untrained_folder: Path) -> None:
    put(untrained_files)
    from_s3, from_disk = read_bundle("s3://scripts/p/v/"), read_bundle(str(untrained_folder))
    assert from_s3.version == from_disk.version
    assert all(torch.equal(tensor, from_disk.state_dict[name]) for name, tensor in from_s3.state_dict.items())


@pytest.mark.usefixtures("s3")
def test_a_bundle_in_s3_is_checked_like_any_other(untrained_files: Files) -> None:
    put({**untrained_files, VOCABULARY: untrained_files[VOCABULARY].replace(b"soup", b"stew")})
    with pytest.raises(BundleError, match=r"s3://scripts/p/v/vocab\.json was changed after it was published"):
        read_bundle("s3://scripts/p/v/")


@pytest.mark.usefixtures("s3")
def test_what_s3_lacks_is_named(untrained_files: Files) -> None:
    with pytest.raises(ModelUnavailableError, match=r"can't be read from S3: there is no such bucket"):
        read_bundle("s3://nowhere/p/v/")
    put({name: data for name, data in untrained_files.items() if name != MANIFEST})
    with pytest.raises(BundleError, match=r"is not a whole bundle: manifest\.json is missing"):
        read_bundle("s3://scripts/p/v/")
    with pytest.raises(BundleError, match="names no bucket"):
        read_bundle("s3://")


def test_an_s3_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.conftest import aws_settings

    for name, value in aws_settings("http://127.0.0.1:9").items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ModelUnavailableError, match="can't be read from S3: Could not connect"):
        read_bundle("s3://scripts/p/v/")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [("AWS_PROFILE", "nobody", "profile"), ("AWS_ENDPOINT_URL", "no url", "Invalid endpoint: no url")],
)
@pytest.mark.usefixtures("s3")
def test_settings_of_aws_that_can_t_be_used_are_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ModelUnavailableError, match=f"s3://scripts/p/v can't be read from S3: .*{message}"):
        read_bundle("s3://scripts/p/v/")
