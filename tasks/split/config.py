"""What can be chosen about splitting."""

from __future__ import annotations

from pydantic import Field

from tilth.config import Config


class SplitConfig(Config):
    """Bounds of what is split; the languages are those whose grammar is installed."""

    # A tree takes about 20 times its text (measured on 8 MB of Python): 8 MiB stay within 160 MiB of memory.
    max_bytes: int = Field(
        default=8 * 1024 * 1024,
        gt=0,
        description="Larger documents are rejected as `too_large`; in bytes of UTF-8.",
    )
    # Real code nests definitions up to about 8 deep; names and digests of deeper ones grow as the square.
    max_depth: int = Field(
        default=32,
        ge=1,
        le=200,
        description="Definitions nested deeper than this stay part of the unit around them.",
    )
