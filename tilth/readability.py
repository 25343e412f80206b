"""How hard a text is to read, by the length of its sentences and words alone: for any language with spaces."""

from __future__ import annotations

import re

from tilth.sentences import sentence_starts

#: A word in UTF-8, in whatever script.
WORD = re.compile(rb"[A-Za-z\x80-\xff][A-Za-z'\x80-\xff-]*")


def lix(text: bytes) -> float:
    """Words a sentence plus per cent of words of more than six bytes (Björnsson 1968); 0 without words.

    Björnsson's bands: below 40 fiction and plain texts, from 55 on specialist literature.

    >>> lix(b"The cat sat. It was fat."), lix(b"Deterministic serialization.")
    (3.0, 102.0)
    """
    words = [len(word) for word in WORD.findall(text)]
    if not words:
        return 0.0
    sentences = 1 + len(sentence_starts(text, 0, len(text)))
    return len(words) / sentences + 100 * sum(length > 6 for length in words) / len(words)
