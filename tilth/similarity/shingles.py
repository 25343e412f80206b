"""Texts as sets of hashed word n-grams, read straight off the buffers of an Arrow string array.

A word is a run of `[A-Za-z0-9_]`, ASCII letters folded to lower case, and of bytes from 128 on, not folded.
Scripts that put no space between words: a character whose UTF-8 begins with 0xE3 to 0xE9 (kana, CJK marks
and ideographs) starts a word of its own, so there a shingle is a run of characters. Thai, Lao, Khmer and
Burmese put spaces between phrases only: a word there is a phrase, and only close copies look alike.
Everything else, punctuation and operators included, separates words and is not compared.

A text of fewer words than a shingle has gives one shingle of all its words; a text without words gives
none and is like nothing. Hashes are 64 bits, the same on every machine; not for use against an adversary.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import md5
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Indices = NDArray[np.int64]
Bytes = NDArray[np.uint8]

# 2 MB of text and its word arrays stay in the caches: 0.25 MB runs 28 % slower, 16 MB 33 % (measured).
CHUNK_BYTES = 2 << 20

# Odd 64-bit constants: the golden ratio's fraction and the multipliers of splitmix64 (Steele et al., 2014).
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
# Odd, random: the base of the polynomial over a shingle's words (Knuth's MMIX multiplier).
_BASE = np.uint64(6364136223846793005)

_WORD_BYTES = bytes(
    ord(chr(byte).lower()) if byte < 128 and (chr(byte).isalnum() or byte == 95) else byte * (byte >= 128)
    for byte in range(256)
)
_IDEOGRAPH_FIRST, _IDEOGRAPH_LAST = 0xE3, 0xE9
_SPACES = b" \t\n\r\f\v"
_SPACE_BYTES = bytes(32 if byte in _SPACES else byte for byte in range(256))
# Keeps the n low bytes of a little-endian lane of 8, for n from 0 to 8.
_LANE_MASKS = np.array([(1 << 8 * n) - 1 for n in range(9)], dtype=np.uint64)


class Shingles(NamedTuple):
    """Shingles of consecutive texts: text `first + i` has `hashes[indptr[i]:indptr[i + 1]]`."""

    first: int
    hashes: Hashes
    indptr: Indices


def mix(values: Hashes) -> Hashes:
    """Finaliser of splitmix64: a bijection of 64 bits under which any change flips half of the bits."""
    values = values ^ (values >> np.uint64(30))
    values *= _MIX_1
    values ^= values >> np.uint64(27)
    values *= _MIX_2
    values ^= values >> np.uint64(31)
    return values


def ranges(starts: Indices, lengths: Indices) -> Indices:
    """The integers of many ranges, one range after the other.

    >>> ranges(np.array([5, 9]), np.array([3, 1])).tolist()
    [5, 6, 7, 9]
    """
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    numbers: Indices = np.arange(total, dtype=np.int64)
    numbers += np.repeat(starts - (ends - lengths), lengths)
    return numbers


def text_chunks(
    texts: pa.Array | pa.ChunkedArray, chunk_bytes: int = CHUNK_BYTES
) -> Iterator[tuple[int, memoryview, Indices]]:
    """(index of the first text, bytes, offsets into them) for runs of whole texts of `chunk_bytes`.

    A null counts as an empty text. A longer text is a run of its own: memory grows with the longest.
    """
    first = 0
    for part in texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts]:
        array = pc.fill_null(part.cast(pa.large_string()), "")
        _, offset_buffer, data = array.buffers()
        offsets = np.frombuffer(offset_buffer or bytes(8), dtype=np.int64)
        offsets = offsets[array.offset : array.offset + len(array) + 1]
        view = memoryview(data or b"")
        start = 0
        while start < len(array):
            stop = int(np.searchsorted(offsets, offsets[start] + chunk_bytes, side="right")) - 1
            stop = min(max(stop, start + 1), len(array))
            yield (
                first + start,
                view[offsets[start] : offsets[stop]],
                offsets[start : stop + 1] - offsets[start],
            )
            start = stop
        first += len(array)


def _lanes(buffer: bytes) -> Hashes:
    """Every 8 bytes of the buffer as an integer, at each offset; 8 zero bytes are added at the end."""
    lanes: Hashes = np.ndarray((len(buffer) + 1,), dtype="<u8", buffer=buffer + bytes(8), strides=(1,))
    return lanes


def _hash_spans(buffer: bytes, starts: Indices, lengths: Indices) -> Hashes:
    """One hash a span of bytes; spans up to 8 bytes are their own hash, longer ones add their mixed lanes."""
    lanes = _lanes(buffer)
    hashes: Hashes = lanes[starts] & _LANE_MASKS[np.minimum(lengths, 8)]
    long = np.flatnonzero(lengths > 8)
    if len(long):
        rest = lengths[long] - 8
        counts = (rest + 7) >> 3
        ordinals = ranges(np.ones_like(counts), counts)
        lane = lanes[np.repeat(starts[long], counts) + 8 * ordinals]
        lane &= _LANE_MASKS[np.minimum(np.repeat(rest, counts) - 8 * (ordinals - 1), 8)]
        lane += ordinals.astype(np.uint64) * _GOLDEN
        hashes[long] = mix(hashes[long] + np.add.reduceat(mix(lane), np.cumsum(counts) - counts))
    return hashes


def _words(data: memoryview, offsets: Indices) -> tuple[Hashes, Indices]:
    """Hashes of the words of a chunk, and where each text's words begin among them."""
    folded = bytes(data).translate(_WORD_BYTES)
    codes: Bytes = np.frombuffer(folded, dtype=np.uint8)
    inside = np.zeros(len(codes) + 2, dtype=bool)
    np.not_equal(codes, 0, out=inside[1:-1])
    # Edges alternate: a word's first byte, the byte after its last, the next word's first …
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    cuts = offsets[1:-1]
    if len(codes) and int(codes.max()) >= _IDEOGRAPH_FIRST:
        cuts = np.union1d(cuts, np.flatnonzero((codes >= _IDEOGRAPH_FIRST) & (codes <= _IDEOGRAPH_LAST)))
    # Inside a word, where two texts meet or an ideograph begins, one word ends and the next begins.
    cuts = np.repeat(np.unique(cuts[inside[cuts] & inside[cuts + 1]]), 2)
    edges = np.insert(edges, np.searchsorted(edges, cuts), cuts)
    starts = edges[::2]
    hashes = _hash_spans(folded, starts, edges[1::2] - starts)
    return hashes, np.searchsorted(starts, offsets)


def _grams(words: Hashes, pointers: Indices, size: int) -> tuple[Hashes, Indices]:
    """Shingles of `size` words, none across the border of two texts."""
    counts = np.diff(pointers)
    sizes = np.where(counts < size, np.minimum(counts, 1), counts - size + 1)
    indptr = np.concatenate(([0], np.cumsum(sizes)))
    if not indptr[-1]:
        return np.empty(0, dtype=np.uint64), indptr
    padded = np.concatenate((words, np.zeros(size - 1, dtype=np.uint64)))
    grams = padded[: len(words)].copy()
    for ahead in range(1, size):
        grams *= _BASE
        grams += padded[ahead : ahead + len(words)]
    is_whole = np.ones(len(words), dtype=bool)
    tails = np.minimum(counts, size - 1)
    is_whole[ranges(pointers[1:] - tails, tails)] = False
    short = np.flatnonzero((counts > 0) & (counts < size))
    heads = pointers[short]
    is_whole[heads] = True
    # Horner's rule as above over the words there are; their number keeps "a" and "a a" apart.
    total = counts[short].astype(np.uint64) * _GOLDEN
    for ahead in range(size - 1):
        here = counts[short] > ahead
        total[here] = total[here] * _BASE + words[heads[here] + ahead]
    grams[heads] = total
    return mix(grams[is_whole]), indptr


def shingle_chunks(texts: pa.Array | pa.ChunkedArray, size: int) -> Iterator[Shingles]:
    """Shingles of `size` words, chunk by chunk, repeats kept. The hashes do not depend on the chunks."""
    for first, data, offsets in text_chunks(texts):
        yield Shingles(first, *_grams(*_words(data, offsets), size))


def hash_strings(strings: pa.Array | pa.ChunkedArray) -> Hashes:
    """One 64-bit hash a string, from all of its bytes; never 0, which stands for null.

    >>> one, null, other = hash_strings(pa.array(["a", None, "a"])).tolist()
    >>> one == other, null
    (True, 0)
    """
    parts = [np.empty(0, dtype=np.uint64)]
    for _, data, offsets in text_chunks(strings):
        lengths = np.diff(offsets)
        parts.append(
            mix(_hash_spans(bytes(data), offsets[:-1], lengths) + lengths.astype(np.uint64) * _GOLDEN)
        )
    hashes = np.maximum(np.concatenate(parts), np.uint64(1))
    hashes[np.asarray(strings.is_null())] = 0
    return hashes


def exact_digests(texts: pa.Array | pa.ChunkedArray) -> pa.FixedSizeBinaryArray:
    """16 bytes a text: MD5 of the text, runs of ASCII white space folded to one space, none at its ends.

    MD5 is fast and names equal texts; it guards nothing. (By DuckDB, with its way through hexadecimal digits, it takes
    twice the time.)
    """
    digests: list[bytes] = []
    for _, data, offsets in text_chunks(texts):
        folded, borders = _fold_spaces(data, offsets)
        digests += [
            md5(folded[start:end], usedforsecurity=False).digest()
            for start, end in pairwise(borders.tolist())
        ]
    return pa.array(digests, pa.binary(16))


def _fold_spaces(data: memoryview, offsets: Indices) -> tuple[memoryview, Indices]:
    """The bytes of a chunk with its white space folded, and where each text now begins and ends."""
    codes: Bytes = np.frombuffer(bytes(data).translate(_SPACE_BYTES), dtype=np.uint8)
    is_space = codes == 32
    falls = np.zeros_like(is_space)
    np.logical_and(is_space[1:], is_space[:-1], out=falls[1:])
    bounds = offsets - np.searchsorted(np.flatnonzero(falls), offsets)
    out = codes[~falls]
    # Now a text begins and ends with one space at most.
    filled = np.flatnonzero(np.diff(bounds))
    outer = np.union1d(bounds[filled], bounds[filled + 1] - 1)
    outer = outer[out[outer] == 32]
    bounds = (bounds - np.searchsorted(outer, bounds)).astype(np.int64)
    return memoryview(np.delete(out, outer).tobytes()), bounds
