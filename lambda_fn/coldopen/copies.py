"""Copies: which runs of words stand in the text that a model was trained on, as a Bloom filter.

A filter (Bloom 1970, "Space/time trade-offs in hash coding with allowable errors") never misses a run that was added to
it. It takes a few others for added too: some three in a thousand at 12 bits a run. It travels in the bundle as
`copies.bin`, so that a script can keep clear of its scripts.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Sequence

_HEADER = struct.Struct("<4sBBBxQQ")  # magic, format version, words of a run, hashes, nothing, bits, runs
_MAGIC, _FORMAT_VERSION = b"RUNS", 1
_SIZE = 8
_BITS_PER_RUN, _HASHES = 12, 8  # 12 bits times ln 2: the number of hashes that errs least
_MAX_SHARE_SET = 0.75  # of all bits; a filter made here has half of them set


class Copies:
    """The runs of `size` words that stand in a text.

    Args:
        size: words of a run.
        hashes: bits that a run sets.
        runs: how many were added, repeated ones counted.
        bits: the filter, eight bits a byte, the lowest first.

    Raises:
        ValueError: if these make no filter that could be of use.
    """

    def __init__(self, size: int, hashes: int, runs: int, bits: bytes) -> None:
        if size < 1 or hashes < 1:
            raise ValueError(f"it is of runs of {size} words, with {hashes} hashes; each must be at least 1")
        if not bits:
            raise ValueError("it holds no bits")
        if int.from_bytes(bits).bit_count() > _MAX_SHARE_SET * 8 * len(bits):
            raise ValueError("so many of its bits are set that it would take most runs for copied")
        self.size = size
        self._hashes, self._runs, self._bits = hashes, runs, bits
        self._pack = struct.Struct(f"<{size}I").pack

    @classmethod
    def of(cls, ids: Sequence[int], size: int = _SIZE, unwritten: int | None = None) -> Copies:
        """The runs of so many words that stand in a text of word ids; a shorter text has none.

        Args:
            unwritten: a word that no script can have; runs with it are left out.
        """
        begins, blocked = [], 0  # a run may begin from there on
        for end, word in enumerate(ids, start=1):
            if word == unwritten:
                blocked = end
            if end - size >= blocked:
                begins.append(end - size)
        bits = bytearray(max(1, -(-len(begins) * _BITS_PER_RUN // 8)))
        pack = struct.Struct(f"<{size}I").pack
        for begin in begins:
            for position in _positions(pack(*ids[begin : begin + size]), _HASHES, 8 * len(bits)):
                bits[position >> 3] |= 1 << (position & 7)
        return cls(size, _HASHES, len(begins), bytes(bits))

    def holds(self, ids: Sequence[int]) -> bool:
        """Whether a run stands in the text: surely not, if False; very likely, if True.

        Args:
            ids: of `size` words, each below 2 ** 32.

        Raises:
            struct.error: if there are more or fewer, or one is out of bounds.
        """
        bits = self._bits
        positions = _positions(self._pack(*ids), self._hashes, 8 * len(bits))
        return all(bits[position >> 3] >> (position & 7) & 1 for position in positions)

    def to_bytes(self) -> bytes:
        """The filter as a file: a header of 24 bytes, then the bits."""
        header = _HEADER.pack(_MAGIC, _FORMAT_VERSION, self.size, self._hashes, 8 * len(self._bits), self._runs)
        return header + self._bits

    @classmethod
    def from_bytes(cls, data: bytes) -> Copies:
        """The filter that a file holds.

        Raises:
            ValueError: if it holds none, or one of another format version.
        """
        if len(data) < _HEADER.size or not data.startswith(_MAGIC):
            raise ValueError("it does not begin as a filter of runs does")
        _, version, size, hashes, bits, runs = _HEADER.unpack_from(data)
        if version != _FORMAT_VERSION:
            raise ValueError(f"it has format version {version}; this version of Cold Open reads {_FORMAT_VERSION}")
        if bits != 8 * (len(data) - _HEADER.size):
            raise ValueError(f"its header says {bits:,} bits, {8 * (len(data) - _HEADER.size):,} are there")
        return cls(size, hashes, runs, data[_HEADER.size :])


def _positions(run: bytes, hashes: int, bits: int) -> Iterator[int]:
    """The bits of a run, by double hashing (Kirsch & Mitzenmacher 2006, "Less hashing, same performance")."""
    digest = hashlib.blake2b(run, digest_size=16).digest()
    first, step = int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")
    return ((first + number * step) % bits for number in range(hashes))
