"""Texts without secrets and personal data: what stands in their place says what it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from tilth.detect.personal_data import find_personal_data
from tilth.detect.secrets import find_secrets


def mask_texts(texts: Sequence[str]) -> list[str]:
    """The texts with each secret and each piece of personal data replaced by its kind.

    >>> mask_texts(["Write to ada@lovelace.org."])
    ['Write to <email>.']
    """
    column = pa.array(texts, pa.string())
    secrets, personal = find_secrets(column).to_pylist(), find_personal_data(column).to_pylist()
    return [
        _masked(text, sorted([*found, *others], key=lambda span: (span["start"], -span["end"])))
        if found or others
        else text
        for text, found, others in zip(texts, secrets, personal, strict=True)
    ]


def _masked(text: str, spans: Sequence[Mapping[str, Any]]) -> str:
    data, parts, end = text.encode("utf-8"), list[bytes](), 0
    for span in spans:
        start, stop = span["start"], span["end"]
        if start < end:  # inside the one before
            continue
        parts += [data[end:start], f"<{span['kind']}>".encode()]
        end = stop
    return b"".join([*parts, data[end:]]).decode("utf-8")
