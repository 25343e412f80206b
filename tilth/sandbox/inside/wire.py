"""How the two sides of the sandbox talk: one message is a JSON header and some byte strings, over a socket.

What comes out of a sandbox is judged before it is believed: lengths are bounded, and what does not fit is `BadMessage`.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Sequence
from typing import Any

# Length of the header, number of byte strings; the length of each follows.
_HEAD = struct.Struct("<II")
_LENGTH = struct.Struct("<Q")
# A header holds names, arguments and limits: a million bytes of them is a mistake.
_MAX_HEADER = 1 << 20
_MAX_PARTS = 1 << 16


class BadMessage(Exception):
    """What came is not a whole message, or a longer one than was allowed."""


def send(channel: socket.socket, header: dict[str, Any], parts: Sequence[bytes]) -> None:
    """Send one message, whole."""
    head = json.dumps(header).encode()
    lengths = b"".join(_LENGTH.pack(len(part)) for part in parts)
    channel.sendall(b"".join((_HEAD.pack(len(head), len(parts)), lengths, head, *parts)))


def receive(channel: socket.socket, max_bytes: int) -> tuple[dict[str, Any], list[bytes]]:
    """The next message: its header and its byte strings, of at most so many bytes together."""
    head_length, count = _HEAD.unpack(_exactly(channel, _HEAD.size))
    if head_length > _MAX_HEADER or count > _MAX_PARTS:
        raise BadMessage(f"header of {head_length} bytes, {count} parts")
    packed = _exactly(channel, _LENGTH.size * count)
    lengths = [length for (length,) in _LENGTH.iter_unpack(packed)]
    if sum(lengths) > max_bytes:
        raise BadMessage(f"{sum(lengths)} bytes, where {max_bytes} are allowed")
    try:
        header = json.loads(_exactly(channel, head_length))
    except (ValueError, RecursionError) as error:
        raise BadMessage(f"the header is not JSON: {error}") from None
    if not isinstance(header, dict):
        raise BadMessage("the header is not an object")
    return header, [_exactly(channel, length) for length in lengths]


def _exactly(channel: socket.socket, length: int) -> bytes:
    buffer = bytearray(length)
    view = memoryview(buffer)
    while view:
        count = channel.recv_into(view)
        if not count:
            raise BadMessage("the connection ended within a message")
        view = view[count:]
    return bytes(buffer)
