"""What a file is, by its first bytes rather than by its name; what can't hold a model is refused by what it is."""

from __future__ import annotations

import zipfile
from pathlib import Path

from training.elsewhere.errors import ForeignModelError

_HEAD_BYTES = 1024
_HTML = (b"<!doctype", b"<html", b"<head", b"<?xml", b"<script")
_STARTS = {
    b"version https://git-lfs": "a pointer of git-lfs, not the file itself: run `git lfs pull` where it comes from",
    b"\x1f\x8b": "compressed by gzip: unpack it first (gunzip)",
    b"BZh": "compressed by bzip2: unpack it first (bunzip2)",
    b"\xfd7zXZ": "compressed by xz: unpack it first (unxz)",
    b"\x28\xb5\x2f\xfd": "compressed by zstd: unpack it first (unzstd)",
    b"7z\xbc\xaf": "a 7z archive: unpack it first",
    b"Rar!": "a RAR archive: unpack it first",
    b"\x89HDF": "HDF5, as Keras saves its weights: this network is PyTorch's, so it needs a PyTorch state_dict",
    b"GGUF": "GGUF, the format of llama.cpp: this network needs a PyTorch state_dict",
    b"%PDF": "a PDF",
}
_SAVE = "torch.save(model.state_dict(), 'state_dict.pt')"


def read_head(file: Path) -> bytes:
    """A file's first bytes.

    Raises:
        ForeignModelError: if it can't be read, is empty, or is known to be something else than a model.
    """
    if file.is_dir():
        raise ForeignModelError(f"{file} is a folder: name the file in it")
    if file.exists() and not file.is_file():
        raise ForeignModelError(f"{file} is no ordinary file")
    try:
        with file.open("rb") as opened:
            head = opened.read(_HEAD_BYTES)
    except OSError as error:
        raise ForeignModelError(f"{file} can't be read: {error.strerror}") from None
    if not head.strip(b"\0"):
        raise ForeignModelError(f"{file} is empty{' but for zeros' if head else ''}: copy or download it again")
    for start, what in _STARTS.items():
        if head.startswith(start):
            raise ForeignModelError(f"{file} is {what}")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_HTML):
        raise ForeignModelError(
            f"{file} is an HTML page, not the file itself: the site wanted a log-in or the like; download it again"
        )
    if head[257:262] == b"ustar":
        raise ForeignModelError(f"{file} is a tar archive: unpack it first")
    return head


def names_in_zip(file: Path) -> list[str]:
    """The names in a .zip archive, such as torch.save writes.

    Raises:
        ForeignModelError: if its end is missing, or it is TorchScript or Keras.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise ForeignModelError(
            f"{file} was cut short or damaged: it begins like a file of torch.save and its end is missing. Copy or "
            "download it again"
        ) from None
    if any(name.endswith("constants.pkl") for name in names):
        raise ForeignModelError(
            f"{file} is TorchScript, a program, so it was not opened. Where you trust it: python -c "
            f"\"import torch; torch.save(torch.jit.load('{file.name}', 'cpu').state_dict(), 'state_dict.pt')\""
        )
    if any(name.endswith((".h5", ".keras")) for name in names):
        raise ForeignModelError(f"{file} is Keras's: this network is PyTorch's, so it needs a PyTorch state_dict")
    return names


def is_safetensors(head: bytes) -> bool:
    """Whether a file begins as safetensors does: the header's length in 8 bytes, then JSON."""
    return len(head) > 8 and head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 2**32


def is_text(head: bytes) -> bool:
    """Whether a file's first bytes could be text: no control characters but white space."""
    return not any(byte < 32 and byte not in b"\t\n\r\f" for byte in head)


def how_to_save() -> str:
    """What to tell somebody whose file holds no state_dict."""
    return f"save it where it was trained: {_SAVE}"
