"""Bytes to text: byte order marks, the pattern that UTF-16 and UTF-32 leave, UTF-8, and what is older than these."""

from __future__ import annotations

import codecs
import re

import chardet

from training.data.errors import CorpusError

_MARKS = (  # UTF-32's begins as UTF-16's does
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 200_000
_MOST_CONTROLS = 0.02
_MOST_NULS = 0.2
_BREAK = re.compile("\r\n?|[\v\u2028\u2029]")
"""A line's end, of each system and of word processors."""
_PADDING = re.compile("\0+(?=\n|\\Z)")
"""What fills a line's fixed width, or a file's."""
_DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Marks that say which way text runs; chats begin lines with them."""
_MOST_STRAY = 0.2
_SUBSTITUTES = {"iso-8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "shift_jis": "cp932", "euc-kr": "cp949"}
"""Encodings that others hold whole, and more."""
_DOS = ("cp437", "cp850", "cp852", "cp858")
"""Which few bytes are taken for, though hardly anybody has used them for thirty years."""

_TYPOGRAPHIC = {  # how the marks of English stand in it
    "cp1252": re.compile(
        rb"(?<=[A-Za-z])\x92(?:[sdmtSDMT]|re|ve|ll|RE|VE|LL)?(?![A-Za-z])|(?<![A-Za-z])[\x91\x93](?=[A-Za-z])"
        rb"|(?<=[A-Za-z.,!?\x85])\x94(?![A-Za-z])|(?<![A-Za-z])[\x85\x96\x97\xa0]|[\x85\x96\x97\xa0](?![A-Za-z])"
    ),
    "mac_roman": re.compile(
        rb"(?<=[A-Za-z])\xd5(?:[sdmtSDMT]|re|ve|ll|RE|VE|LL)?(?![A-Za-z])|(?<![A-Za-z])[\xd2\xd4](?=[A-Za-z])"
        rb"|(?<=[A-Za-z.,!?\xc9])\xd3(?![A-Za-z])|[\xc9\xd0\xd1\xca]"
    ),
}


def decode(name: str, data: bytes, encoding: str | None = None) -> tuple[str, str]:
    """The text in a file, with line breaks as \\n, and the name of its encoding.

    In a file that is mostly UTF-8, other bytes are read as Windows-1252.

    Args:
        name: the file's, for messages.
        data: its bytes.
        encoding: the one that a person named.

    Raises:
        CorpusError: if the bytes are no text, or not in that encoding.
    """
    text, found = _decoded(name, data, encoding)
    controls = _controls(text[:_SAMPLE])
    if controls > _MOST_CONTROLS * min(len(text), _SAMPLE):
        raise CorpusError(f"{name} holds no text that can be read: {controls:,} characters of it are control codes")
    if "\x85" in text and "\n" not in text and "\r" not in text:  # else it is an ellipsis of Windows-1252
        text = text.replace("\x85", "\n")
    return _PADDING.sub("", _BREAK.sub("\n", _DIRECTION.sub("", text.lstrip("\ufeff")))), found


def _decoded(name: str, data: bytes, encoding: str | None) -> tuple[str, str]:
    if encoding:
        try:
            return data.decode(encoding), codecs.lookup(encoding).name
        except LookupError:
            raise CorpusError(f"there is no encoding {encoding!r}; some are utf-8, cp1252, gb18030, koi8-r") from None
        except UnicodeDecodeError as error:
            raise CorpusError(
                f"{name} is not {encoding}: byte {error.start:,} can't be decoded ({error.reason})"
            ) from None
    for mark, marked in _MARKS:
        if data.startswith(mark):
            try:
                return data.decode(marked), marked
            except UnicodeDecodeError as error:
                label = marked[:6].upper()
                raise CorpusError(f"{name} begins as {label} does but is not: {error.reason}") from None
    if b"\0" in data and not _has_stray_nuls(data) and (wide := _wide(data)):
        return data.decode(wide, "replace"), wide
    try:
        if b"\x1b$" not in data and b"\x1b(" not in data:  # ISO-2022 looks like ASCII
            return data.decode(), "utf-8"
    except UnicodeDecodeError:
        if text := _nearly_utf_8(data):
            return text, "utf-8, and cp1252 where it is not"
    old = _old_encoding(data)
    return data.decode(old, "replace"), old


def _controls(text: str) -> int:
    """How many control codes there are, but for those that may part a table's fields."""
    return len(re.findall("[\\x02-\\x08\\x0e-\\x1a]", text))


def _has_stray_nuls(data: bytes) -> bool:
    """Whether NULs stand in or behind what is UTF-8 otherwise; other halves of UTF-16 are control codes or no UTF-8."""
    text = data.rstrip(b"\0")
    try:
        sample = text.decode()[:_SAMPLE]
    except UnicodeDecodeError:
        return False
    return text.count(0) <= _MOST_NULS * len(text) and _controls(sample) <= _MOST_CONTROLS * len(sample)


def _wide(data: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark, by where NULs are: each space and line break has one or three, on one side."""
    sample = data[: _SAMPLE - _SAMPLE % 4]
    nuls = [sample[place::4].count(0) for place in range(4)]
    if min(nuls[2:]) > 0.9 * len(sample) / 4:
        return "utf-32-le"
    if min(nuls[:2]) > 0.9 * len(sample) / 4:
        return "utf-32-be"
    spaces = {encoding: _spaces(sample, encoding) for encoding in ("utf-16-le", "utf-16-be")}
    likeliest = max(spaces, key=spaces.__getitem__)
    return likeliest if spaces[likeliest] > 10 * min(spaces.values()) else None


def _spaces(data: bytes, encoding: str) -> int:
    """How many spaces and line breaks there are, if it is that encoding."""
    text = data.decode(encoding, "ignore")
    return text.count(" ") + text.count("\n")


def _nearly_utf_8(data: bytes) -> str | None:
    """Text of which few bytes are not UTF-8, these read as Windows-1252."""
    text = data.decode("utf-8", "surrogateescape")
    stray = len(re.findall("[\udc80-\udcff]", text))
    others = len(re.findall("[\u0080-\ud7ff\ue000-\U0010ffff]", text))
    if stray > _MOST_STRAY * others:
        return None
    return re.sub("[\udc80-\udcff]", lambda byte: _windows(ord(byte[0]) - 0xDC00), text)


def _windows(byte: int) -> str:
    return bytes([byte]).decode("cp1252", "replace")


def _old_encoding(data: bytes) -> str:
    """An encoding from before Unicode: by the marks of English where few bytes tell, else as chardet reads it."""
    lines = [line for line in data.splitlines() if not line.isascii() or b"\x1b" in line]
    sample = b"\n".join(lines)[:_SAMPLE]
    high = len(re.findall(rb"[\x80-\xff]", sample))
    marks = {name: len(pattern.findall(sample)) for name, pattern in _TYPOGRAPHIC.items()}
    likeliest = max(marks, key=marks.__getitem__)
    joining = len(re.findall(rb"(?<=[A-Za-z])[\x85\x96\x97](?=[A-Za-z])", sample))  # dashes, or Mac Roman's vowels
    if high and (joining == high or marks[likeliest] > (high - joining) / 2):
        return likeliest
    found = (chardet.detect(sample)["encoding"] or "cp1252").lower()
    found = _SUBSTITUTES.get(found, found)
    try:
        found = codecs.lookup(found).name
    except LookupError:
        return "cp1252"
    is_likelier = found in _DOS and _letters(sample, "cp1252") > _letters(sample, found)
    return "cp1252" if is_likelier else found


def _letters(data: bytes, encoding: str) -> int:
    """How many of the characters that are not ASCII would be letters."""
    return sum(character.isalpha() for character in data.decode(encoding, "replace") if not character.isascii())
