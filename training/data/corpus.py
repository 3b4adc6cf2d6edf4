"""The corpus: the text of all scripts in a file, a folder or an archive, and what of them could not be used.

Nothing is dropped in silence: what can't be used is named, with the reason.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coldopen.bundle.manifest import Manifest
from coldopen.vocabulary import fold
from training.data.contractions import unite
from training.data.errors import CorpusError, LeftOut, Skip
from training.data.files.walk import files_at
from training.data.formats.read import Script, read_file
from training.data.hints import Hints
from training.data.packaged import DEFAULT, OFFICE
from training.data.repair import repair

AUXILIARY = "office"
"""The name of the auxiliary scripts that are fetched."""

_NAMED = 5
_AS_IT_IS = Hints()


@dataclass(frozen=True, slots=True)
class Corpus:
    """The text to learn from, and what was left out of it.

    Attributes:
        text: all scripts, one after the other.
        sources: the names of the files that they stood in.
        skips: the parts that could not be used.
        left_out: the files that could not be used.
        scripts: how each file was read, without its text.
        hints: what a person said of them.
    """

    text: str
    sources: tuple[str, ...]
    skips: tuple[Skip, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    scripts: tuple[Script, ...] = ()
    hints: Hints = _AS_IT_IS

    @property
    def sha256(self) -> str:
        """Digest of the text, in hex."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()


def read_corpus(path: Path | None, hints: Hints = _AS_IT_IS) -> Corpus:
    """Read scripts from a file, a folder or an archive; the default corpus if None.

    In a folder or an archive, a file that can't be used as a whole is left out.

    Raises:
        CorpusError: if there is nothing there, nothing usable in it, or the default corpus can't be had.
    """
    path = path or DEFAULT.folder()
    texts: list[str] = []
    scripts: list[Script] = []
    left_out: list[LeftOut] = []
    skips: list[Skip] = []
    for file in files_at(path):
        if isinstance(file, LeftOut):
            left_out.append(file)
            continue
        try:
            script = read_file(file, hints)
        except CorpusError as error:
            left_out.append(LeftOut.of(file.name, error))
            continue
        skips += script.skips
        if script.text.strip():
            texts.append(script.text if script.text.endswith("\n") else f"{script.text}\n\n")
            scripts.append(Script(script.name, "", script.format, script.encoding, script.layout, script.left_out))
    if not texts:
        raise _nothing_in(path, left_out, skips)
    sources = tuple(script.name for script in scripts)
    return Corpus("".join(texts), sources, tuple(skips), tuple(left_out), tuple(scripts), hints)


def read_auxiliary(name: str) -> Corpus:
    """Read scripts that are learnt from beside others.

    Args:
        name: the path of a file, a folder or an archive; `office` for those of The Office, which are fetched.

    Raises:
        CorpusError: as `read_corpus` does.
    """
    return read_corpus(OFFICE.folder() if name == AUXILIARY else Path(name))


def _nothing_in(path: Path, left_out: list[LeftOut], skips: list[Skip]) -> CorpusError:
    if len(left_out) == 1 and path.name == left_out[0].name:
        return CorpusError(f"{path}: {left_out[0].reason}")
    faults = [str(file) for file in left_out[:_NAMED]]
    if len(left_out) > _NAMED:
        faults.append(f"{len(left_out) - _NAMED:,} files more")
    for reason, count in Counter(skip.reason for skip in skips).most_common(_NAMED):
        first = next(skip for skip in skips if skip.reason == reason)
        faults.append(str(first) if count == 1 else f"{first}, and so {count - 1:,} lines more")
    if not faults:
        return CorpusError(f"{path} holds no script: there is no file in it" if path.is_dir() else f"{path} is empty")
    return CorpusError(f"{path} holds no script that can be used: {'; '.join(faults)}")


def text_to_learn(text: str, preset: Mapping[str, Any]) -> str:
    """A corpus's text as a training reads it: repaired and folded, and its contractions united, if its preset says so.

    Args:
        preset: as `Preset.to_dict` gives it. Bundles from before texts were folded, or contractions united, have one
            that says nothing of it.
    """
    training = preset.get("training", {})
    if not training.get("fold", False):
        return text
    folded = fold(repair(text).text)
    return unite(folded).text if training.get("contractions", False) else folded


def read_scripts_of(scripts: Path, manifest: Manifest, where: Path) -> Corpus:
    """The corpus that a bundle was trained on.

    Args:
        scripts: where it is said to stand.
        manifest: the bundle's.
        where: the bundle lies, for messages.

    Raises:
        CorpusError: as `read_corpus` does, and if the bundle was trained on another text.
    """
    about = manifest.training.get("corpus", {})
    corpus = read_corpus(scripts, Hints.from_dict(about.get("hints", {})))
    trained_on = about.get("sha256")
    if corpus.sha256 != trained_on:
        raise CorpusError(
            f"{scripts} is not what {where} was trained on: its text has sha256 {corpus.sha256[:12]}..., the manifest "
            f"names {str(trained_on)[:12]}..."
        )
    return corpus


def read_trained_on(scripts: Path, manifest: Manifest, where: Path) -> str:
    """The text that a bundle was trained on, as its training read it; arguments and errors as `read_scripts_of`'s."""
    return text_to_learn(read_scripts_of(scripts, manifest, where).text, manifest.training.get("preset", {}))
