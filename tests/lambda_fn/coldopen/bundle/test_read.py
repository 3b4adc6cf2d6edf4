"""Reading a bundle, from a directory and from S3: what is missing, altered or out of reach is named."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest
import torch

from coldopen.bundle.manifest import COPIES, LEXICON, MANIFEST, SERVING, STATE_DICT, VOCABULARY, Manifest, version_of
from coldopen.bundle.read import read_bundle, read_files
from coldopen.bundle.write import with_manifest
from coldopen.errors import BundleError, ModelUnavailableError
from coldopen.serving_weights import to_tensors
from tests.conftest import aws_settings

Files = dict[str, bytes]


@pytest.mark.parametrize("name", [SERVING, VOCABULARY, LEXICON, MANIFEST])
def test_a_missing_file_is_named(full_folder: Path, name: str) -> None:
    (full_folder / name).unlink()
    with pytest.raises(BundleError, match=f"is not a whole bundle: {name} is missing"):
        read_bundle(str(full_folder))


@pytest.mark.parametrize("name", [SERVING, VOCABULARY, LEXICON])
def test_a_truncated_file_is_named(full_folder: Path, name: str) -> None:
    data = (full_folder / name).read_bytes()
    (full_folder / name).write_bytes(data[:-1])
    with pytest.raises(BundleError, match=f"{name} is not whole: the manifest says .* bytes, there are only"):
        read_bundle(str(full_folder))
    (full_folder / name).write_bytes(data + b"x")
    with pytest.raises(BundleError, match=f"{name} is not whole: .* there are more"):
        read_bundle(str(full_folder))


@pytest.mark.parametrize("name", [SERVING, VOCABULARY, LEXICON])
def test_a_changed_byte_is_noticed(full_folder: Path, name: str) -> None:
    change_a_byte(full_folder / name)
    with pytest.raises(BundleError, match=f"{name} was changed after it was published"):
        read_bundle(str(full_folder))


def change_a_byte(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def test_copies_are_read_when_they_are_asked_for_and_once(full_folder: Path) -> None:
    aside = full_folder / COPIES
    data = aside.read_bytes()
    aside.unlink()
    bundle = read_bundle(str(full_folder))
    with pytest.raises(BundleError, match=r"is not a whole bundle: copies\.bin is missing"):
        bundle.copies()
    aside.write_bytes(data)
    copies = bundle.copies()
    assert copies is not None
    assert copies.to_bytes() == data
    aside.unlink()
    assert bundle.copies() is copies


def test_copies_are_checked_as_the_other_files_are(full_folder: Path) -> None:
    change_a_byte(full_folder / COPIES)
    bundle = read_bundle(str(full_folder))
    with pytest.raises(BundleError, match=r"copies\.bin was changed after it was published"):
        bundle.copies()
    (full_folder / COPIES).write_bytes(b"")
    with pytest.raises(BundleError, match=r"copies\.bin is not whole: the manifest says .* bytes, there are only 0"):
        bundle.copies()


def test_the_trained_weights_are_read_when_they_are_asked_for_and_checked(full_folder: Path) -> None:
    aside = full_folder / STATE_DICT
    data = aside.read_bytes()
    change_a_byte(aside)
    bundle = read_bundle(str(full_folder))
    with pytest.raises(BundleError, match=f"{STATE_DICT} was changed after it was published"):
        bundle.state_dict()
    aside.write_bytes(data)
    assert {name: tuple(t.shape) for name, t in bundle.state_dict().items()} == bundle.manifest.network.shapes()
    aside.unlink()
    assert bundle.state_dict()


def test_a_bundle_without_serving_weights_serves_the_same(full_folder: Path, full_files: Files) -> None:
    with_them = read_bundle(str(full_folder))
    manifest = with_them.manifest
    content = {name: data for name, data in full_files.items() if name not in (SERVING, MANIFEST)}
    bare = with_manifest(content, manifest.network, manifest.name, manifest.training)
    (full_folder / SERVING).unlink()
    (full_folder / MANIFEST).write_bytes(bare[MANIFEST])
    without = read_bundle(str(full_folder))
    made, read = (to_tensors(bundle.serving(), manifest.network.tied) for bundle in (without, with_them))
    assert made.keys() == read.keys()
    assert all(torch.equal(made[name], read[name]) for name in read)


def test_all_files_are_read_to_be_sent_on(full_folder: Path, full_files: Files) -> None:
    files = read_files(str(full_folder))
    assert files == full_files
    assert list(files)[-1] == MANIFEST


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailableError, match="no such directory"):
        read_bundle(str(tmp_path / "absent"))


def test_a_bundle_that_does_not_fit_into_memory_is_refused_before_it_is_read(full_folder: Path) -> None:
    read_bundle(str(full_folder), memory_mb=512)
    manifest = Manifest.from_bytes((full_folder / MANIFEST).read_bytes(), "")
    manifest.files[SERVING]["size"] = 2**30
    (full_folder / MANIFEST).write_bytes(manifest.to_bytes())
    message = f"^{full_folder} holds 1,024 MB and needs about 2,555 MB of memory; the function has 1,769: give it more"
    with pytest.raises(BundleError, match=message):
        read_bundle(str(full_folder), memory_mb=1769)


@pytest.mark.parametrize(
    "uri", ["https://scripts.s3.amazonaws.com/p/0123456789ab/", "file:///models/diner", "S3://b/v/"]
)
def test_a_uri_of_another_kind_is_told_what_it_should_read(uri: str) -> None:
    with pytest.raises(BundleError, match="it should read s3://bucket/prefix/version/ or name a folder") as error:
        read_bundle(uri)
    assert uri in str(error.value)


def put(files: Files, version: str = "") -> str:
    """Publish files to S3 as a version, theirs if none is given; returns its URI."""
    client = boto3.client("s3")
    client.create_bucket(Bucket="scripts")
    key = f"p/{version or version_of(files[MANIFEST])}"
    for name, data in files.items():
        client.put_object(Bucket="scripts", Key=f"{key}/{name}", Body=data)
    return f"s3://scripts/{key}/"


@pytest.mark.usefixtures("s3")
def test_a_bundle_is_read_from_s3(untrained_files: Files, untrained_folder: Path) -> None:
    from_s3, from_disk = read_bundle(put(untrained_files)), read_bundle(str(untrained_folder))
    assert from_s3.version == from_disk.version
    assert all(torch.equal(tensor, from_disk.state_dict()[name]) for name, tensor in from_s3.state_dict().items())


@pytest.mark.usefixtures("s3")
def test_copies_are_read_from_s3_when_they_are_asked_for(full_files: Files) -> None:
    uri = put({name: data for name, data in full_files.items() if name != COPIES})
    where, key = uri.rstrip("/"), f"{uri.removeprefix('s3://scripts/')}{COPIES}"
    bundle = read_bundle(uri)
    assert list(bundle.lexicon.cues) == ["marla", "otto"]
    with pytest.raises(BundleError, match=rf"{where} is not a whole bundle: copies\.bin is missing"):
        bundle.copies()
    client = boto3.client("s3")
    client.put_object(Bucket="scripts", Key=key, Body=full_files[COPIES][:-1] + b"x")
    with pytest.raises(BundleError, match=rf"{where}/copies\.bin was changed after it was published"):
        bundle.copies()
    client.put_object(Bucket="scripts", Key=key, Body=full_files[COPIES])
    copies = bundle.copies()
    assert copies is not None
    assert copies.to_bytes() == full_files[COPIES]


@pytest.mark.usefixtures("s3")
def test_a_bundle_in_s3_is_checked_like_any_other(untrained_files: Files) -> None:
    uri = put({**untrained_files, VOCABULARY: untrained_files[VOCABULARY].replace(b"soup", b"stew")})
    with pytest.raises(
        BundleError, match=r"s3://scripts/p/[0-9a-f]{12}/vocab\.json was changed after it was published"
    ):
        read_bundle(uri)


@pytest.mark.usefixtures("s3")
def test_a_bundle_in_s3_is_the_version_that_its_place_is_named_after(untrained_files: Files) -> None:
    uri = put(untrained_files, version="0123456789ab")
    found = version_of(untrained_files[MANIFEST])
    with pytest.raises(
        BundleError, match=f"should hold version 0123456789ab, and its manifest.json is that of {found}"
    ):
        read_bundle(uri)
    with pytest.raises(
        BundleError, match=f"should hold version 0123456789ab, and its manifest.json is that of {found}"
    ):
        read_files(uri)


@pytest.mark.usefixtures("s3")
def test_what_s3_lacks_is_named(untrained_files: Files) -> None:
    with pytest.raises(ModelUnavailableError, match=r"can't be read from S3: there is no such bucket"):
        read_bundle("s3://nowhere/p/0123456789ab/")
    uri = put({name: data for name, data in untrained_files.items() if name != MANIFEST}, version="0123456789ab")
    with pytest.raises(BundleError, match=r"is not a whole bundle: manifest\.json is missing"):
        read_bundle(uri)


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("s3://", "names no bucket"),
        ("s3://scripts", "does not end with a version"),
        ("s3://scripts/p/latest/", "does not end with a version"),
    ],
)
def test_an_s3_uri_names_a_bucket_and_a_version(uri: str, message: str) -> None:
    with pytest.raises(BundleError, match=f"{message}.*; it should read s3://bucket/prefix/version/"):
        read_bundle(uri)


def test_an_s3_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in aws_settings("http://127.0.0.1:9").items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ModelUnavailableError, match="can't be read from S3: Could not connect"):
        read_bundle("s3://scripts/p/0123456789ab/")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [("AWS_PROFILE", "nobody", "profile"), ("AWS_ENDPOINT_URL", "no url", "Invalid endpoint: no url")],
)
@pytest.mark.usefixtures("s3")
def test_settings_of_aws_that_can_t_be_used_are_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(
        ModelUnavailableError, match=f"s3://scripts/p/0123456789ab/manifest.json can't be read from S3: .*{message}"
    ):
        read_bundle("s3://scripts/p/0123456789ab/")
