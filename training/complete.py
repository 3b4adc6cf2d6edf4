"""Completing a bundle: its optional files and its memory, made anew from the scripts that it was trained on."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from coldopen.bundle.content import Bundle
from coldopen.bundle.folder import bundle_folder
from coldopen.bundle.manifest import CONTENT, COPIES, LEXICON, MANIFEST, SERVING, version_of
from coldopen.bundle.write import serving_file, with_manifest
from coldopen.copies import Copies
from coldopen.files import write_file
from coldopen.lexicon import Lexicon
from coldopen.memory import MemoryConfig
from coldopen.network import serving_network
from coldopen.vocabulary import tokenise
from training.data.casing import is_cased
from training.data.corpus import Corpus, read_trained_on, text_to_learn
from training.data.english import read_english
from training.data.errors import CorpusError
from training.data.ids import ids_of_tokens, known_ids, split_by_position
from training.data.lexicon import learn_lexicon
from training.digests import record, write_files
from training.evaluation.remembered import choose_memory
from training.lock import alone_in
from training.release.contents import read_folder
from training.run_bundle import BUNDLE_MANIFEST, run_of


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


def complete(folder: Path, scripts: Path, auxiliary: Corpus | None = None, *, english: bool) -> Completed:
    """Give a bundle its optional files and its memory anew; weights and vocabulary stay.

    Args:
        folder: the bundle's, or that of a run, whose lexicon is replaced too. Other files that stand there are kept.
        scripts: that it was trained on.
        auxiliary: the auxiliary scripts that it was trained on, if there were any.
        english: whether words are also written as English prose writes them; for scripts in lower case.

    Raises:
        CorpusError: as `read_trained_on` and `read_english` do, if the scripts have a casing of their own, and if the
            auxiliary scripts are not those of its training.
        BundleError, ModelUnavailableError: as `read_bundle` does.
        DigestError: as `checked_bundle` does.
        LockError: if another command writes to the run.
    """
    run = run_of(bundle_folder(folder))
    with alone_in(run) if run else nullcontext():
        return _complete(bundle_folder(folder), run, scripts, auxiliary, english)


def _complete(where: Path, run: Path | None, scripts: Path, auxiliary: Corpus | None, english: bool) -> Completed:
    files, bundle = read_folder(where)
    _check_auxiliary(bundle, auxiliary)
    text = read_trained_on(scripts, bundle.manifest, where)
    if english and is_cased(text):
        raise CorpusError(f"{scripts} has capitals of its own, which say more than English does: leave --english out")
    lexicon = learn_lexicon(text, bundle.vocabulary, read_english() if english else None)
    ids = ids_of_tokens(tokenise(text), bundle.vocabulary)
    learnt = ids
    if auxiliary:
        tokens = tokenise(text_to_learn(auxiliary.text, bundle.manifest.training.get("preset", {})))
        learnt = torch.cat([ids, known_ids(tokens, bundle.vocabulary)])
    copies = Copies.of(learnt.tolist(), unwritten=bundle.vocabulary.pad_id)
    optional = {
        LEXICON: lexicon.to_bytes(),
        COPIES: copies.to_bytes(),
        SERVING: serving_file(bundle.manifest.network, bundle.state_dict()),
    }
    content = {name: files[name] for name in CONTENT}
    about = bundle.manifest.network, bundle.manifest.name, bundle.manifest.training, _memory(bundle, ids)
    manifest = with_manifest({**content, **optional}, *about)[MANIFEST]
    bare = with_manifest(content, *about)[MANIFEST]  # first, so that the bundle is whole whenever this is ended
    for name, data in ((MANIFEST, bare), *optional.items(), (MANIFEST, manifest)):
        if run and name == MANIFEST:
            record(run, {BUNDLE_MANIFEST: data})
        write_file(where / name, data)
    if run:
        write_files(run, {LEXICON: optional[LEXICON]})
    sizes = {name: len(data) for name, data in optional.items()}
    return Completed(where, version_of(manifest), lexicon, sizes)


def _check_auxiliary(bundle: Bundle, auxiliary: Corpus | None) -> None:
    trained_on = bundle.manifest.training.get("auxiliary")
    if auxiliary and (not trained_on or trained_on["sha256"] != auxiliary.sha256):
        raise CorpusError(
            f"{', '.join(auxiliary.sources[:3])}: not the auxiliary scripts of this model's training"
            f"{'' if trained_on else ', which had none'}: name others with --auxiliary, or leave it out"
        )
    if trained_on and not auxiliary:
        raise CorpusError(
            f"it was trained on auxiliary scripts too ({', '.join(trained_on['sources'][:3])}): name them with "
            "--auxiliary"
        )


def _memory(bundle: Bundle, ids: Tensor) -> MemoryConfig | None:
    """The memory that suits the bundle's network, by the validation part of its scripts, int64 (words,)."""
    split = split_by_position(ids)
    network = serving_network(bundle.manifest.network, bundle.state_dict())
    counts = torch.bincount(split.train, minlength=len(bundle.vocabulary))
    return choose_memory(network, split.validation, counts)
