"""How prose is cut into passages."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from tilth.config import Config
from tilth.errors import RequestError
from tilth.tokens import TokenCounter


class ChunkConfig(Config):
    """Bounds of a passage, in tokens, and the strategy that decides where one ends."""

    strategy: Literal["structure", "topic"] = Field(
        default="structure",
        description="Where a passage may start anew: at headings, or at headings and shifts of topic.",
    )
    # 512 is the window of the common embedding models (BERT's positions), so that a passage fits them whole.
    # From 16 up, a single character fits in any byte-level vocabulary (four bytes, four tokens) with room.
    max_tokens: int = Field(
        default=512, ge=16, le=1_000_000, description="Upper bound of one passage, in tokens."
    )
    # An eighth of a passage: two or three sentences, enough to resolve a pronoun at the cut.
    overlap_tokens: int = Field(
        default=64,
        ge=0,
        description="Most tokens a passage repeats from the one before, in whole sentences or words; "
        "at most half of max_tokens.",
    )
    # Two short paragraphs: below that a section says too little to stand alone.
    min_tokens: int = Field(
        default=64,
        ge=0,
        description="A heading or topic shift ends a passage only when it has so many tokens already.",
    )
    tokenizer: str | None = Field(
        default=None,
        description="Path of a local tokenizer.json that counts the tokens; without one an estimate counts.",
    )

    @model_validator(mode="after")
    def _bounds_agree(self) -> ChunkConfig:
        for name, bound in (("overlap_tokens", self.max_tokens // 2), ("min_tokens", self.max_tokens)):
            if getattr(self, name) > bound:
                raise RequestError(
                    f"{name} is {getattr(self, name)}, but with max_tokens {self.max_tokens} "
                    f"it can be {bound} at most. "
                    f"Lower {name} or raise max_tokens."
                )
        return self

    def identity(self) -> dict[str, Any]:
        """The config as a stage's key sees it: the tokenizer's content in place of its path.

        Raises `RequestError` when the tokenizer cannot be read.
        """
        return super().identity() | {"tokenizer": TokenCounter(self.tokenizer).name}
