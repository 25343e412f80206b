"""Where a file uses what it imports: by the words that its import statements bind, outside of strings or not.

A use is the whole word, not behind a dot. A word in a comment or a string counts, and so does a local variable
of the same name: it is a guess that needs no scopes, and says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from tasks.split.import_lines import ImportsOf, Pairs

# Bytes that continue a word: letters, digits, underscore, and all of a character beyond ASCII.
_WORD = frozenset(b"_$0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") | frozenset(
    range(128, 256)
)
_BEFORE = _WORD | {ord(".")}
_IS_WORD = np.isin(np.arange(256), list(_WORD))
_NO_WORD = bytes(set(range(256)) - _WORD)
_DOT = ord(".")
# So many names in so long a file are found sooner by an index of its words than one after another (measured: 9 and
# 17 ms a megabyte of Rust with 19 names in 18 kB, 10 and 7 of TypeScript with 6 names in 5 kB).
_MANY_NAMES, _LONG_BYTES = 9, 12_288
# Of a name in a table of data the first uses are enough.
_MOST_USES = 2000


class Bindings(NamedTuple):
    """What a file imports: all modules, and the names bound to them."""

    modules: list[str]
    names: list[tuple[bytes, str]]


@lru_cache(maxsize=8192)
def _pairs(text: bytes, imports_of: ImportsOf) -> Pairs:
    return imports_of(text.decode())


def bindings(data: bytes, spans: list[tuple[int, int]], imports_of: ImportsOf) -> Bindings:
    """Modules and bound names of the import statements at `spans`, each once, in order."""
    pairs = [pair for start, end in spans for pair in _pairs(data[start:end], imports_of)]
    modules = dict.fromkeys(module for _, module in pairs if module)
    names = dict.fromkeys((name.encode(), module) for name, module in pairs if name and module)
    return Bindings(list(modules), list(names))


def uses_of(
    data: bytes, names: list[tuple[bytes, str]], spans: list[tuple[int, int]]
) -> Iterator[tuple[str, list[int]]]:
    """Offsets at which each bound name stands as a word, behind the first import statement.

    >>> list(uses_of(b"import os; os.close(x.os); osx", [(b"os", "os")], [(0, 9)]))
    [('os', [11])]
    """
    head = spans[0][1]
    if len(names) >= _MANY_NAMES and len(data) >= _LONG_BYTES:
        words = [(name, module) for name, module in names if name == name.translate(None, _NO_WORD)]
        yield from _among_words(data, words, head)
        names = [(name, module) for name, module in names if name != name.translate(None, _NO_WORD)]
    size = len(data)
    for name, module in names:
        places: list[int] = []
        length = len(name)
        at = data.find(name, head)
        while at >= 0 and len(places) < _MOST_USES:
            end = at + length
            if data[at - 1] not in _BEFORE and (end == size or data[end] not in _WORD):
                places.append(at)
            at = data.find(name, end)
        if places:
            yield module, places


def _among_words(data: bytes, names: list[tuple[bytes, str]], head: int) -> Iterator[tuple[str, list[int]]]:
    """The same for names that are whole words: by length, first and last byte of all words of the file."""
    text = np.frombuffer(b" " + data + b" ", dtype=np.uint8)
    is_word = _IS_WORD[text]
    borders = np.flatnonzero(is_word[1:] != is_word[:-1])
    starts, ends = borders[::2], borders[1::2]
    keys = ((ends - starts) << 16) | (text[starts + 1].astype(np.int64) << 8) | text[ends]
    for name, module in names:
        key = (len(name) << 16) | (name[0] << 8) | name[-1]
        places = [
            at
            for at in starts[np.flatnonzero(keys == key)].tolist()
            if at >= head and data[at - 1] != _DOT and data.startswith(name, at)
        ]
        if places:
            yield module, places[:_MOST_USES]
