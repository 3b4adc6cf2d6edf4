"""What a file is, told by its first bytes and not by its name."""

from __future__ import annotations

from pathlib import PurePath

HEAD = 4096
"""How many bytes tell."""

PDF = b"%PDF-"
ZIP = b"PK\x03\x04"

_REFUSED = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document (.doc, .xls): save it as .docx, text or CSV"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it, or make a .zip of it"),
    (b"Rar!\x1a\x07", "a RAR archive: unpack it, or make a .zip of it"),
    (b"PK\x05\x06", "a .zip without a file in it"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd: unpack it, or use gzip"),
    (b"\x04\x22\x4d\x18", "compressed by lz4: unpack it, or use gzip"),
    (b"SQLite format 3\0", "an SQLite database: save its table of lines as CSV"),
    (b"PAR1", "a Parquet file: save it as CSV"),
    (b"ARROW1", "an Arrow file: save it as CSV"),
    (b"\x93NUMPY", "a NumPy array: save the text that it was made of"),
    (b"\x89HDF", "an HDF5 file: save its text as CSV"),
    (b"\x80\x02", "a Python pickle, which is never opened: save its text"),
    (b"\x80\x03", "a Python pickle, which is never opened: save its text"),
    (b"\x80\x04", "a Python pickle, which is never opened: save its text"),
    (b"\x80\x05", "a Python pickle, which is never opened: save its text"),
    (b"\x89PNG", "a picture: scripts are text"),
    (b"\xff\xd8\xff", "a picture: scripts are text"),
    (b"GIF8", "a picture: scripts are text"),
    (b"ID3", "a sound file: scripts are text"),
    (b"OggS", "a sound file: scripts are text"),
    (b"fLaC", "a sound file: scripts are text"),
    (b"RIFF", "a sound or video file: scripts are text"),
    (b"\x1a\x45\xdf\xa3", "a video: scripts are text"),
    (b"\x7fELF", "a program: scripts are text"),
    (b"version https://git-lfs.github.com/spec/", "a pointer of Git LFS, not the file itself: run `git lfs pull`"),
)
_NAMED = frozenset(("readme", "license", "licence", "copying", "notice", "changelog", "authors", "contributing"))
_CODE = frozenset(
    ".py .pyc .ipynb .js .ts .css .sh .bat .c .h .cpp .java .rb .go .rs .r .toml .yaml .yml .ini .cfg .lock".split()  # noqa: SIM905
)


def refusal(head: bytes) -> str | None:
    """Why a file holds no script that can be read, by its first bytes; None if they don't tell."""
    if head[4:8] == b"ftyp":
        return "a video or sound file: scripts are text"
    return next((f"it is {reason}" for magic, reason in _REFUSED if head.startswith(magic)), None)


def refusal_by_name(name: str) -> str | None:
    """Why a file among others is taken for no script by its name; None for most names."""
    path = PurePath(name.lower())
    if path.stem in _NAMED:
        return "its name says that it is about the others: give it by itself if it is a script"
    if path.suffix in _CODE:
        return "its name says that it is code or settings: give it by itself if it is a script"
    return None


def is_hidden(name: str) -> bool:
    """Whether a part of a name says that the file is a system's or a program's own."""
    return any(part.startswith((".", "__MACOSX")) or part.lower() in _SYSTEM for part in PurePath(name).parts)


_SYSTEM = frozenset(("thumbs.db", "desktop.ini"))
