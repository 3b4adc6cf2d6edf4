"""The corpus: the text of all scripts in a file, a folder or a .zip, and what of them could not be used.

Nothing is dropped in silence: what can't be used is kept as a list of skips.
"""

from __future__ import annotations

import hashlib
import lzma
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from coldopen.bundle.manifest import Manifest
from coldopen.vocabulary import fold
from training.data.default_corpus import default_corpus
from training.data.formats import SUFFIXES, CorpusError, Skip, read_text

_SKIPS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Corpus:
    """The text to learn from, and what was left out of it.

    Attributes:
        text: all scripts, one after the other.
        sources: the names of the files that they stood in.
        skips: the parts that could not be used.
    """

    text: str
    sources: tuple[str, ...]
    skips: tuple[Skip, ...]

    @property
    def sha256(self) -> str:
        """Digest of the text, in hex."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()

    def summary(self) -> str:
        """What was read and what was skipped, for a person."""
        names = self.sources[0] if len(self.sources) == 1 else f"{len(self.sources)} files"
        lines = [f"read {names}: {len(self.text):,} characters"]
        if self.skips:
            lines[0] += f"; skipped {len(self.skips):,} unusable lines:"
            lines += [f"  {skip.source} line {skip.line}: {skip.reason}" for skip in self.skips[:_SKIPS_SHOWN]]
            if len(self.skips) > _SKIPS_SHOWN:
                lines.append(f"  and {len(self.skips) - _SKIPS_SHOWN:,} more")
        return "\n".join(lines)


def read_corpus(path: Path | None) -> Corpus:
    """Read scripts from a file, a folder or a .zip; the default corpus if None.

    In a folder or a .zip, a file that can't be used as a whole is skipped.

    Raises:
        CorpusError: if there is nothing there, nothing usable in it, or the default corpus can't be had.
    """
    path = path or default_corpus()
    texts: list[str] = []
    sources: list[str] = []
    skips: list[Skip] = []
    is_one_file = path.is_file() and path.suffix.lower() != ".zip"
    for name, data in _files(path):
        try:
            text, skipped = read_text(name, data)
        except CorpusError as error:
            if is_one_file:
                raise
            skips.append(Skip(name, 1, f"the file was left out: {error}"))
            continue
        skips += skipped
        if text.strip():
            sources.append(name)
            texts.append(text if text.endswith("\n") else f"{text}\n\n")
    if not texts:
        found = Corpus("", (str(path),), tuple(skips)).summary() if skips else f"{path} is empty"
        raise CorpusError(f"{path} holds no usable line of script. {found}")
    return Corpus("".join(texts), tuple(sources), tuple(skips))


def text_to_learn(text: str, preset: Mapping[str, Any]) -> str:
    """A corpus's text as a training reads it: folded, if its preset says so.

    Args:
        preset: as `Preset.to_dict` gives it. That of a bundle from before texts were folded says nothing of it.
    """
    return fold(text) if preset.get("training", {}).get("fold", False) else text


def read_trained_on(scripts: Path, manifest: Manifest, where: Path) -> str:
    """The text that a bundle was trained on, as its training read it.

    Args:
        scripts: where it is said to stand.
        manifest: the bundle's.
        where: the bundle lies, for messages.

    Raises:
        CorpusError: as `read_corpus` does, and if the bundle was trained on another text.
    """
    corpus = read_corpus(scripts)
    trained_on = manifest.training.get("corpus", {}).get("sha256")
    if corpus.sha256 != trained_on:
        raise CorpusError(
            f"{scripts} is not what {where} was trained on: its text has sha256 {corpus.sha256[:12]}..., the manifest "
            f"names {str(trained_on)[:12]}..."
        )
    return text_to_learn(corpus.text, manifest.training.get("preset", {}))


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file of scripts, in the order of their names."""
    try:
        if path.is_dir():
            yield from _in_folder(path)
        elif path.suffix.lower() == ".zip":
            yield from _in_zip(path)
        else:
            yield path.name, path.read_bytes()
    except FileNotFoundError:
        raise CorpusError(f"there are no scripts at {path}: no such file or folder") from None
    except OSError as error:
        raise CorpusError(f"{path} can't be read: {error.strerror}") from None


def _in_folder(path: Path) -> Iterator[tuple[str, bytes]]:
    files = sorted(file for file in path.rglob("*") if _is_script(file.relative_to(path)) and file.is_file())
    if not files:
        raise _no_script(path)
    for file in files:
        yield str(file.relative_to(path)), file.read_bytes()


def _in_zip(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = sorted(name for name in archive.namelist() if _is_script(PurePath(name)))
            if not names:
                raise _no_script(path)
            for name in names:
                yield name, archive.read(name)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError, NotImplementedError, EOFError) as error:
        raise CorpusError(f"{path} is not a .zip that can be read: {error}") from None


def _no_script(path: Path) -> CorpusError:
    return CorpusError(f"{path} holds no script: looked for files ending in {', '.join(SUFFIXES)}")


def _is_script(name: PurePath) -> bool:
    hidden = any(part.startswith((".", "__MACOSX")) for part in name.parts)
    return name.suffix.lower() in SUFFIXES and not hidden
