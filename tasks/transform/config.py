"""What identifies a step: its SQL, or its function and the digest of the file that defines it."""

from __future__ import annotations

from pydantic import Field

from tilth.config import Config


class TransformConfig(Config):
    """One step."""

    name: str = Field(description="Reason of what the step leaves out.")
    sql: str | None = Field(default=None, description="A SELECT over the artifact.")
    function: str | None = Field(default=None, description="Name of the Python function.")
    source_digest: str | None = Field(default=None, description="Digest of the function's file.")
    # Where the file lies on this machine is no part of what the step is.
    path: str | None = Field(default=None, exclude=True, description="The function's file.")
