"""The base of every stage's config: frozen, closed, described."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Config(BaseModel):
    """A frozen, closed model: a key that is not a field is an error, and so is a value out of bounds."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    def identity(self) -> dict[str, Any]:
        """What of the config counts for a stage's key; of a file that it names, the digest, not the path."""
        return self.model_dump(mode="json")
