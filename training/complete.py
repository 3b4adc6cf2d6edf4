"""Completing a bundle: its optional files, made anew from the scripts that it was trained on."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from coldopen.bundle.content import bundle_of
from coldopen.bundle.manifest import CONTENT, COPIES, LEXICON, MANIFEST, version_of
from coldopen.bundle.write import with_manifest
from coldopen.copies import Copies
from coldopen.files import write_file
from coldopen.lexicon import Lexicon
from coldopen.vocabulary import tokenise
from training.data.casing import is_cased
from training.data.corpus import read_trained_on
from training.data.english import read_english
from training.data.formats import CorpusError
from training.data.ids import ids_of_tokens
from training.data.lexicon import learn_lexicon
from training.digests import record, write_files
from training.lock import alone_in
from training.publish import files_of_bundle
from training.run import BUNDLE_MANIFEST, checked_bundle


@dataclass(frozen=True, slots=True)
class Completed:
    """What a bundle has now.

    Attributes:
        folder: where it lies.
        version: which is new, unless nothing changed.
        lexicon: what was learnt.
        sizes: of the optional files in bytes, by name.
    """

    folder: Path
    version: str
    lexicon: Lexicon
    sizes: dict[str, int]


def complete(folder: Path, scripts: Path, english: bool) -> Completed:
    """Give a bundle its optional files anew; weights and vocabulary stay.

    Args:
        folder: the bundle's, or that of a run, whose lexicon is replaced too. Other files that stand there are kept.
        scripts: that it was trained on.
        english: whether words are also written as English prose writes them; for scripts in lower case.

    Raises:
        CorpusError: as `read_trained_on` and `read_english` do, and if the scripts have a casing of their own.
        BundleError, ModelUnavailableError: as `read_bundle` does.
        RunError, DigestError: as `checked_bundle` does.
        LockError: if another command writes to the run.
    """
    is_run = (folder / "run.json").exists()
    with alone_in(folder) if is_run else nullcontext():
        return _complete(folder, scripts, english, is_run)


def _complete(folder: Path, scripts: Path, english: bool, is_run: bool) -> Completed:
    where = checked_bundle(folder)
    files = files_of_bundle(where)
    bundle = bundle_of(files, str(where))
    text = read_trained_on(scripts, bundle.manifest, where)
    if english and is_cased(text):
        raise CorpusError(f"{scripts} has capitals of its own, which say more than English does: leave --english out")
    lexicon = learn_lexicon(text, bundle.vocabulary, read_english() if english else None)
    copies = Copies.of(ids_of_tokens(tokenise(text), bundle.vocabulary).tolist())
    optional = {LEXICON: lexicon.to_bytes(), COPIES: copies.to_bytes()}
    content = {name: files[name] for name in CONTENT}
    about = bundle.manifest.network, bundle.manifest.name, bundle.manifest.training
    manifest = with_manifest({**content, **optional}, *about)[MANIFEST]
    bare = with_manifest(content, *about)[MANIFEST]  # first, so that the bundle is whole whenever this is ended
    for name, data in ((MANIFEST, bare), *optional.items(), (MANIFEST, manifest)):
        if is_run and name == MANIFEST:
            record(folder, {BUNDLE_MANIFEST: data})
        write_file(where / name, data)
    if is_run:
        write_files(folder, {LEXICON: optional[LEXICON]})
    sizes = {name: len(data) for name, data in optional.items()}
    return Completed(where, version_of(manifest), lexicon, sizes)
