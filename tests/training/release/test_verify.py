"""`verify`, `show` and `list`: what they tell of a release, and how they tell that something is wrong with it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coldopen.bundle.manifest import COPIES, MANIFEST
from coldopen.bundle.read import read_bundle
from coldopen.bundle.write import bundle_files, write_bundle
from tests.conftest import aws_settings

Training = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def release(bucket: Any, trained_run: Path, training: Training) -> str:
    """The URI of a published run."""
    done = training("publish", "--model", trained_run, "--bucket", "scripts", "--yes")
    assert done.returncode == 0, done.stderr
    return f"s3://scripts/cold-open/{read_bundle(str(trained_run / 'bundle')).version}/"


def key(release: str, name: str) -> dict[str, str]:
    return {"Bucket": "scripts", "Key": release.removeprefix("s3://scripts/") + name}


@pytest.mark.parametrize("what", ["release", "run", "bundle"])
def test_a_good_bundle_is_read_loaded_and_writes(
    release: str, trained_run: Path, training: Training, what: str
) -> None:
    where = {"release": release, "run": trained_run, "bundle": trained_run / "bundle"}[what]
    done = training("verify", where)
    assert (done.returncode, done.stderr) == (0, "")
    version = read_bundle(str(trained_run / "bundle")).version
    first, second, _, cue, *_ = done.stdout.splitlines()
    assert f"version {version}: 6 files" in first
    assert "s, loaded in " in second
    assert cue in ("MARLA", "OTTO", "INES", "BO")


def test_a_bundle_says_the_same_sentence_from_s3_as_from_disk(
    release: str, trained_run: Path, training: Training
) -> None:
    from_s3, from_disk = training("verify", release).stdout, training("verify", trained_run).stdout
    assert from_s3.split("\n\n", 1)[1] == from_disk.split("\n\n", 1)[1]


def lose(client: Any, release: str, name: str) -> None:
    client.delete_object(**key(release, name))


def rot(client: Any, release: str, name: str) -> None:
    data = bytearray(client.get_object(**key(release, name))["Body"].read())
    data[len(data) // 2] ^= 1
    client.put_object(**key(release, name), Body=bytes(data))


def cut(client: Any, release: str, name: str) -> None:
    client.put_object(**key(release, name), Body=b"cut")


@pytest.mark.parametrize(
    ("damage", "name", "message"),
    [
        (lose, MANIFEST, "is not a whole bundle: manifest.json is missing"),
        (rot, MANIFEST, "it was changed after it was published"),
        (lose, "vocab.json", "is not a whole bundle: vocab.json is missing"),
        (rot, "state_dict.safetensors", "state_dict.safetensors was changed after it was published"),
        (cut, COPIES, "copies.bin is not whole: the manifest says"),
    ],
)
def test_a_damaged_release_is_told_by_verify_and_mended_by_publish(
    bucket: Any,
    release: str,
    trained_run: Path,
    training: Training,
    damage: Callable[..., None],
    name: str,
    message: str,
) -> None:
    damage(bucket, release, name)
    told = training("verify", release)
    assert told.returncode == 1
    assert message in told.stderr
    assert told.stderr.count("\n") == 1
    mended = training("publish", "--model", trained_run, "--bucket", "scripts", "--yes")
    outcome = (
        "published: " if (damage, name) == (lose, MANIFEST) else f"already published but damaged, mended now ({name})"
    )
    assert f"\n{outcome}" in mended.stdout
    assert training("verify", release).returncode == 0


def test_a_release_under_another_version_s_name_is_refused(bucket: Any, release: str, training: Training) -> None:
    other = release.replace(release[-13:-1], "0123456789ab")
    for name in ("copies.bin", "lexicon.json", MANIFEST, "serving.safetensors", "state_dict.safetensors", "vocab.json"):
        data = bucket.get_object(**key(release, name))["Body"].read()
        bucket.put_object(**key(other, name), Body=data)
    done = training("verify", other)
    assert done.returncode == 1
    assert f"should hold version 0123456789ab, and its manifest.json is that of {release[-13:-1]}" in done.stderr


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("s3://scripts/cold-open/", "names no version"),
        ("s3://scripts/cold-open/0123456789ab/", "0123456789ab/ is not a whole bundle: manifest.json is missing"),
        ("s3://elsewhere/cold-open/0123456789ab/", "can't read from s3://elsewhere: there is no such bucket"),
        ("no/such/folder", "no such directory"),
    ],
)
def test_what_is_no_release_is_told_in_one_sentence(bucket: Any, training: Training, uri: str, message: str) -> None:
    for command in ("verify", "show"):
        done = training(command, uri)
        assert done.returncode == 1
        assert message in done.stderr
        assert done.stderr.count("\n") == 1


def test_show_tells_what_a_release_holds(bucket: Any, release: str, training: Training) -> None:
    done = training("show", release)
    assert done.returncode == 0, done.stderr
    assert "corpus: diner.txt; 8,0" in done.stdout
    assert "training: preset small, epoch 8 the best of 8\n" in done.stdout
    assert "perplexity on test, seen words: " in done.stdout
    assert f" UTC, {release}\n" in done.stdout
    assert "  vocab.json: " in done.stdout
    lose(bucket, release, "vocab.json")
    damaged = training("show", release)
    assert damaged.returncode == 1
    assert "is damaged: vocab.json is missing. Publish it again" in damaged.stderr


def test_list_names_every_release_the_newest_first_and_what_is_none(
    bucket: Any, release: str, untrained_folder: Path, training: Training
) -> None:
    version = read_bundle(str(untrained_folder)).version
    training("publish", "--model", untrained_folder, "--bucket", "scripts")
    bucket.put_object(Bucket="scripts", Key="cold-open/0123456789ab/vocab.json", Body=b"[]")
    bucket.put_object(Bucket="scripts", Key="cold-open/notes.txt", Body=b"not a release")
    done = training("list", "--bucket", "scripts")
    assert done.returncode == 0, done.stderr
    rows = {line.split()[0]: line for line in done.stdout.splitlines() if line}
    assert {release[-13:-1], version, "0123456789ab", "version"} < set(rows)
    assert "notes.txt" not in done.stdout
    assert rows[release[-13:-1]].endswith("small")
    assert "8,0" in rows[release[-13:-1]]
    assert rows["0123456789ab"].endswith("half published: publish it again")
    lose(bucket, release, "lexicon.json")
    assert "damaged: lexicon.json is missing; publish it again" in training("list", "--bucket", "scripts").stdout


def test_an_empty_place_lists_nothing(bucket: Any, training: Training) -> None:
    done = training("list", "--bucket", "s3://scripts/tv")
    assert (done.returncode, done.stdout) == (0, "s3://scripts/tv/: no releases; `publish` puts them there\n")


def test_a_release_can_be_published_elsewhere(bucket: Any, release: str, training: Training) -> None:
    bucket.create_bucket(Bucket="production")
    done = training("publish", "--model", release, "--bucket", "production", "--yes")
    assert f"\npublished: s3://production/cold-open/{release[-13:]}" in done.stdout
    assert read_bundle(f"s3://production/cold-open/{release[-13:]}").version == release[-13:-1]


def test_what_can_t_be_loaded_is_told(untrained_folder: Path, training: Training, tmp_path: Path) -> None:
    bundle = read_bundle(str(untrained_folder))
    network = bundle.manifest.network
    write_bundle(
        tmp_path / "b", bundle_files(bundle.state_dict(), bundle.vocabulary, network, "diner", {}, {COPIES: b"RUNS"})
    )
    done = training("verify", tmp_path / "b")
    assert done.returncode == 1
    assert "copies.bin is not a filter of copied runs" in done.stderr


def test_no_credentials_are_told(training: Training, tmp_path: Path, s3_server: str) -> None:
    nobody = {**aws_settings(s3_server), "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "HOME": str(tmp_path)}
    for arguments in (("list", "--bucket", "scripts"), ("verify", "s3://scripts/cold-open/0123456789ab/")):
        done = training(*arguments, **nobody)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
        assert "no AWS credentials were found" in done.stderr


def test_a_manifest_that_another_program_wrote_can_be_shown(
    tmp_path: Path, untrained_folder: Path, training: Training
) -> None:
    manifest = json.loads((untrained_folder / MANIFEST).read_bytes())
    manifest["training"] = {"corpus": {"words": "many", "sources": 3}, "preset": [], "metrics": 1, "epoch": True}
    (untrained_folder / MANIFEST).write_text(json.dumps(manifest))
    done = training("show", untrained_folder)
    assert done.returncode == 0
    assert "corpus: ?; ? words" in done.stdout
