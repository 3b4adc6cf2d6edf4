"""The commands that deal with releases: publish, list, show, verify."""

from __future__ import annotations

import argparse
from pathlib import Path

from coldopen.bundle.content import Bundle
from coldopen.bundle.folder import bundle_folder
from coldopen.bundle.manifest import MANIFEST, Manifest, version_of
from coldopen.bundle.read import read_manifest
from coldopen.errors import ColdOpenError
from training.elsewhere.bundle import read_elsewhere
from training.release.contents import open_release, read_folder, read_release
from training.release.listing import listing, missing
from training.release.place import ReleaseError, read_place
from training.release.summary import Measured, doubts, read_measured, summary
from training.release.upload import upload
from training.release.verify import sample_of, verify
from training.run import latest_folder


def add_release_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the four commands to the command line."""
    place = argparse.ArgumentParser(add_help=False)
    place.add_argument("--bucket", required=True, help="a name, or s3://bucket/prefix/")
    place.add_argument("--prefix", help="default: the bucket's, if it names one, or cold-open")

    sub = commands.add_parser("publish", parents=[place], help="upload a bundle to S3, as a release")
    sub.set_defaults(command=_publish)
    sub.add_argument("--model", help="a run's or a bundle's folder, or another release; default: the latest run")
    sub.add_argument("--state-dict", type=Path, help="weights trained elsewhere: a .pt or .safetensors file")
    sub.add_argument("--vocab", type=Path, help="their vocabulary: a list of words, a {word: id} map, a word a line")
    sub.add_argument("--yes", action="store_true", help="even if it looks like a toy")

    sub = commands.add_parser("list", parents=[place], help="list the releases in a bucket")
    sub.set_defaults(command=_list)

    sub = commands.add_parser("show", help="what a release is")
    sub.set_defaults(command=_show)
    sub.add_argument("uri", help="s3://bucket/prefix/version/, or a run's or a bundle's folder")

    sub = commands.add_parser("verify", help="read and load a release as the function would, and let it write")
    sub.set_defaults(command=_verify)
    sub.add_argument("uri", help="s3://bucket/prefix/version/, or a run's or a bundle's folder")


def _publish(arguments: argparse.Namespace) -> None:
    place = read_place(arguments.bucket, arguments.prefix)
    files, bundle, measured = _to_publish(arguments)
    print(summary(bundle.manifest, bundle.version, measured))
    if not arguments.yes and (found := doubts(bundle.manifest, measured)):
        raise ReleaseError(
            f"that looks like a toy: {', and '.join(found)}. Nothing was uploaded; to publish it all the same, add "
            "--yes (with make: YES=yes)"
        )
    text = sample_of(bundle)  # before anything is uploaded: what can't write is not worth it
    done = upload(files, place)
    print(f"\n{done.outcome()}\n\nIt writes:\n\n{text}\n\nnext: make deploy MODEL_URI={done.uri}")


def _to_publish(arguments: argparse.Namespace) -> tuple[dict[str, bytes], Bundle, Measured | None]:
    if (arguments.state_dict is None) != (arguments.vocab is None):
        raise ColdOpenError("--state-dict and --vocab belong together: give both")
    if arguments.state_dict:
        if arguments.model:
            raise ColdOpenError("--model and --state-dict name two models: give one of them")
        files, bundle, notes = read_elsewhere(arguments.state_dict, arguments.vocab)
        for note in notes:
            print(f"note: {note}")
        return files, bundle, None
    if arguments.model and arguments.model.startswith("s3://"):
        return (*read_release(arguments.model), None)
    folder = Path(arguments.model) if arguments.model else latest_folder()
    print(f"from {folder}")
    files, bundle = read_folder(folder)
    return files, bundle, _measured(folder, bundle.version)


def _measured(folder: Path, version: str) -> Measured | None:
    """An evaluation lies in the folder that was evaluated: the bundle's, or its run's."""
    found = (read_measured(place, version) for place in (folder, bundle_folder(folder), folder.absolute().parent))
    return next((measured for measured in found if measured), None)


def _list(arguments: argparse.Namespace) -> None:
    print(listing(read_place(arguments.bucket, arguments.prefix)))


def _show(arguments: argparse.Namespace) -> None:
    if not arguments.uri.startswith("s3://"):
        folder = Path(arguments.uri)
        files, bundle = read_folder(folder)
        print(summary(bundle.manifest, bundle.version, _measured(folder, bundle.version)))
        print(_sizes(bundle.manifest, len(files[MANIFEST])))
        return
    store = open_release(arguments.uri)
    data, manifest = read_manifest(store.read, store.place.uri.rstrip("/"))
    stored = store.objects()
    print(summary(manifest, version_of(data), None))
    print(f"published: {stored[MANIFEST].written:%Y-%m-%d %H:%M} UTC, {store.place.uri}")
    print(_sizes(manifest, len(data)))
    if faults := missing(manifest, stored):
        raise ReleaseError(f"{store.place.uri} is damaged: {'; '.join(faults)}. Publish it again: that mends it")


def _sizes(manifest: Manifest, manifest_size: int) -> str:
    sizes = {**{name: file["size"] for name, file in sorted(manifest.files.items())}, MANIFEST: manifest_size}
    return "\n".join(f"  {name}: {size:,} bytes" for name, size in sizes.items())


def _verify(arguments: argparse.Namespace) -> None:
    print(verify(arguments.uri).report())
