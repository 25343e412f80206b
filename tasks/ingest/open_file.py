"""Opening files of strangers: never through a link, never a pipe or device, never more than was agreed."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import IO

# 128 bits, as all of Tilth's digests.
_DIGEST_BYTES = 16
# Small files are hashed in one piece; larger ones in blocks, so that memory stays flat.
_BLOCK_BYTES = 1 << 20


def open_regular(location: str) -> IO[bytes]:
    """A file opened for reading. Raises `OSError` for what is no regular file, a symbolic link included."""
    # O_NONBLOCK: opening a pipe must not wait for its writer.
    descriptor = os.open(location, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(f"{location} is not a regular file")
    return os.fdopen(descriptor, "rb", buffering=0)


def read_at_most(location: str, max_bytes: int) -> bytes:
    """The first `max_bytes` of a file, all of it when it is no longer. Raises `OSError`."""
    with open_regular(location) as file:
        data = file.read(max_bytes)
        while len(data) < max_bytes and (more := file.read(max_bytes - len(data))):
            data += more
        return data


def digest_of_bytes(data: bytes) -> str:
    """Digest of a file's content, as `digest_of_file` gives it.

    >>> digest_of_bytes(b"")
    'cae66941d9efbd404e4d88758ea67670'
    """
    return hashlib.blake2b(data, digest_size=_DIGEST_BYTES).hexdigest()


def digest_of_file(location: str) -> str:
    """Digest of a file's content, streamed. Raises `OSError`."""
    state = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    with open_regular(location) as file:
        while block := file.read(_BLOCK_BYTES):
            state.update(block)
    return state.hexdigest()


def text_at(path: Path, max_bytes: int) -> str:
    """The head of a file as text, what is no UTF-8 replaced; empty when it cannot be read."""
    try:
        return read_at_most(str(path), max_bytes).decode("utf-8", "replace")
    except OSError:
        return ""
