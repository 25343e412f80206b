"""Bytes to text and back: UTF-8, a byte-order mark, a declared encoding, else the likeliest guess.

What is decoded can be given back: `text.encode(encoding)`, behind the mark if there was one, is the file.
An encoding for which that does not hold is not taken.
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple


class Decoded(NamedTuple):
    """A text, its UTF-8, the encoding it came in (Python's name), and whether a byte-order mark led it."""

    text: str
    utf8: bytes
    encoding: str
    has_bom: bool


# UTF-32's mark begins with UTF-16's, so that it is tried first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
MARKS = {encoding: mark for mark, encoding in _MARKS}

# PEP 263's cookie, HTML's meta, XML's declaration and the editors' mode lines, in the first kilobyte.
_DECLARED = re.compile(rb"(?:charset|(?:file)?encoding|coding)[:=][ \t]*[\"']?([A-Za-z0-9._-]{2,40})")
_DECLARED_WITHIN = 1024
# Codecs that are no character sets: they rewrite the text, or take quadratic time.
_NO_CHARSETS = frozenset(("unicode-escape", "raw-unicode-escape", "idna", "punycode", "undefined", "utf-7"))
# The guess looks at a sample: it costs 1 s a megabyte.
_SAMPLE_BYTES = 1 << 15
_FOREIGN_RUN = re.compile(rb"[\x80-\xff]+")


def decode(data: bytes) -> Decoded | None:
    r"""The text of some bytes, or None when no encoding fits them.

    >>> decode("naïve".encode("utf-16"))[0::2]
    ('naïve', 'utf-16-le')
    >>> decode(b"# coding: latin-1\\n# caf\xe9").encoding
    'iso8859-1'
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decode_as(encoding, data[len(mark) :], has_bom=True)
    try:
        return Decoded(data.decode("utf-8"), data, "utf-8", has_bom=False)
    except UnicodeDecodeError:
        pass
    declared = _DECLARED.search(data[:_DECLARED_WITHIN])
    found = _decode_as(declared[1].decode("ascii"), data) if declared else None
    return found or _guess(data)


def encode(text: str, encoding: str, *, has_bom: bool) -> bytes:
    r"""The original bytes of a decoded text.

    >>> encode("a", "utf-16-le", has_bom=True)
    b'\xff\xfea\x00'
    """
    return (MARKS[encoding] if has_bom else b"") + text.encode(encoding)


def _decode_as(name: str, data: bytes, *, has_bom: bool = False) -> Decoded | None:
    try:
        encoding = codecs.lookup(name).name
        if encoding in _NO_CHARSETS:
            return None
        text = data.decode(encoding)
        # A lone surrogate has no UTF-8: such a text is refused here.
        utf8 = text.encode("utf-8")
        return Decoded(text, utf8, encoding, has_bom) if text.encode(encoding) == data else None
    except (LookupError, UnicodeError):
        return None


def _guess(data: bytes) -> Decoded | None:
    sample = data[:_SAMPLE_BYTES]
    runs = _FOREIGN_RUN.findall(sample)
    # Western languages have single letters outside ASCII, others whole words.
    if sum(map(len, runs)) < 2 * len(runs):
        western = _decode_as("cp1252", data)
        if western is not None:
            return western
    from charset_normalizer import from_bytes

    best = from_bytes(sample, enable_fallback=False).best()
    return _decode_as(best.encoding, data) if best is not None else None
