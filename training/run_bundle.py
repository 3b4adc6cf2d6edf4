"""The bundle of a run, told from any other by the digest of its manifest, which is kept with those of the run."""

from __future__ import annotations

from pathlib import Path

from coldopen.bundle.folder import bundle_folder
from coldopen.bundle.manifest import MANIFEST
from coldopen.bundle.read import read_files
from coldopen.errors import BundleError
from training.digests import DIGESTS, read_checked

BUNDLE_MANIFEST = f"bundle/{MANIFEST}"


def run_of(bundle: Path) -> Path | None:
    """The run's folder that a bundle's folder lies in, if it lies in one; older versions' runs have no digests."""
    run = bundle.parent if bundle.name else bundle.absolute().parent  # "." has no parent of its own
    return run if bundle.absolute() == run.absolute() / "bundle" and (run / DIGESTS).exists() else None


def checked_bundle(folder: Path) -> Path:
    """The folder of the bundle that a run's or a bundle's folder means.

    Raises:
        BundleError: if the run has none yet.
        DigestError: if its manifest is not the one that the run's training wrote.
    """
    where = bundle_folder(folder)
    if run := run_of(where):
        read_checked(run, BUNDLE_MANIFEST, _anew(run))
    elif where == folder and (folder / "run.json").exists():
        raise BundleError(f"{folder} has no bundle yet: train it at least to the end of an epoch, which writes one")
    return where


def check_bundle(folder: Path) -> None:
    """Read every file of the bundle that a run's training goes on with: better now than when the training is over.

    Raises:
        BundleError: if one is damaged.
        DigestError: as `checked_bundle` does.
    """
    if not (folder / BUNDLE_MANIFEST).exists() or not (folder / "checkpoint.pt").exists():
        return
    try:
        read_files(str(checked_bundle(folder)))
    except BundleError as error:
        raise BundleError(f"{error}. {_anew(folder)}") from None


def _anew(run: Path) -> str:
    return f"Put back a copy of the bundle, or remove {run / 'checkpoint.pt'} and train again"
